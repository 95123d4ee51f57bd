from custom_components.evse_pilot.chargers.psp.settings import *
