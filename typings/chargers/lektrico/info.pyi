from custom_components.evse_pilot.chargers.lektrico.info import *
