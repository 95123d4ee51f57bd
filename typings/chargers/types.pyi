from custom_components.evse_pilot.chargers.types import *
