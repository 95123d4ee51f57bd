from custom_components.evse_pilot.chargers.week import *
