"""Several chargers behind one main fuse: who may draw how much. Numbers in, numbers out; Home Assistant is above."""
