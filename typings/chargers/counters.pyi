from custom_components.evse_pilot.chargers.counters import *
