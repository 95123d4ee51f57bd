"""Lektrico chargers and energy meters: local JSON-RPC, each part of the state a request of its own."""
