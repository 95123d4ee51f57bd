from custom_components.evse_pilot.chargers.http import *
