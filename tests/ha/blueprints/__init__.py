"""Tests of the blueprints, each of which runs in Home Assistant."""
