from custom_components.evse_pilot.chargers.evnex.energy import *
