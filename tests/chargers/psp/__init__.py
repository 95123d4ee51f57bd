"""Tests of the PSP EVSE on the wire."""
