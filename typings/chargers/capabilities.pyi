from custom_components.evse_pilot.chargers.capabilities import *
