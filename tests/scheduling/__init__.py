"""The week as arithmetic."""
