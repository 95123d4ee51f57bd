"""What every entry runs on."""
