"""Tests of what every make of charger does alike."""
