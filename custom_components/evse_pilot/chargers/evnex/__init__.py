"""EVNEX ACI, behind the Particle cloud."""
