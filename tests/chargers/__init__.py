"""Tests of the charger library, which needs no Home Assistant."""
