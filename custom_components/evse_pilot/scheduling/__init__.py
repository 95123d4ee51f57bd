"""Charging schedules: one week, any charger."""
