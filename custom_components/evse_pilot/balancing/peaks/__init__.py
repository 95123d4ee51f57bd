"""Peak tariffs: the mean power of the windows of a clock."""
