from custom_components.evse_pilot.chargers.account import *
