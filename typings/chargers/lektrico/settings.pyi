from custom_components.evse_pilot.chargers.lektrico.settings import *
