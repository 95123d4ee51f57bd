from custom_components.evse_pilot.chargers.base import *
