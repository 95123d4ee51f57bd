from custom_components.evse_pilot.chargers.command import *
