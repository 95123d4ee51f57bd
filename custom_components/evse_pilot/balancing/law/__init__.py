"""The law of load balancing."""
