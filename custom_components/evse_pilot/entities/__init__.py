"""What a device shows."""
