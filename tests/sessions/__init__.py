"""Sessions as arithmetic."""
