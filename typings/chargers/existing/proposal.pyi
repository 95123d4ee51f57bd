from custom_components.evse_pilot.chargers.existing.proposal import *
