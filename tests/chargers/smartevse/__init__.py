"""Tests of the SmartEVSE on the wire."""
