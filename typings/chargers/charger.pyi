from custom_components.evse_pilot.chargers.charger import *
