from custom_components.evse_pilot.chargers.sse import *
