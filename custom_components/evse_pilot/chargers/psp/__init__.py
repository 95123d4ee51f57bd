"""PSP EVSE v1.0 controller, by its WebAPI."""
