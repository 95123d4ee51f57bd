"""One controller for each charger: claims in, commands out."""
