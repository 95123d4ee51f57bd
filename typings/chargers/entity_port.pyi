from custom_components.evse_pilot.chargers.entity_port import *
