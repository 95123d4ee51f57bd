"""The Lektrico charger library, without Home Assistant."""
