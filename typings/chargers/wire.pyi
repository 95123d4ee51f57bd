from custom_components.evse_pilot.chargers.wire import *
