from custom_components.evse_pilot.chargers.clock import *
