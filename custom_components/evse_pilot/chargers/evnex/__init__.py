"""EVNEX ACI: the Particle cloud, which streams what the charger says."""
