from custom_components.evse_pilot.chargers.psp.models import *
