from custom_components.evse_pilot.chargers.fields import *
