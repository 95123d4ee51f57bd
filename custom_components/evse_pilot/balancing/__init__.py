"""Several chargers behind one main fuse, and how much each may draw."""
