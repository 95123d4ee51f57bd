"""The PSP EVSE in a running Home Assistant."""
