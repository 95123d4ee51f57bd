from custom_components.evse_pilot.chargers.errors import *
