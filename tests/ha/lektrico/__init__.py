"""Tests of Lektrico in Home Assistant."""
