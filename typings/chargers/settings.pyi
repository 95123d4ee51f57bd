from custom_components.evse_pilot.chargers.settings import *
