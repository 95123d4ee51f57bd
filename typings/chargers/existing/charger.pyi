from custom_components.evse_pilot.chargers.existing.charger import *
