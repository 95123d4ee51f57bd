"""Tests of a load-balancing group in Home Assistant."""
