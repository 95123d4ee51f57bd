from custom_components.evse_pilot.chargers.existing.models import *
