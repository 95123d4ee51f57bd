"""Load balancing: its law, and houses to judge it by."""
