from custom_components.evse_pilot.chargers.evnex.charger import *
