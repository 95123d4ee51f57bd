"""Tests of the control of a charger, without Home Assistant where that is possible."""
