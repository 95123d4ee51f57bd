from custom_components.evse_pilot.chargers.lektrico.charger import *
