"""Tests of a charger of another integration, on emulated entities."""
