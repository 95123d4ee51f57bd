"""Tests of EVSE Pilot."""
