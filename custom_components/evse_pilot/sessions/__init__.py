"""Charging sessions, from plug-in to unplug."""
