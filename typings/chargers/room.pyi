from custom_components.evse_pilot.chargers.room import *
