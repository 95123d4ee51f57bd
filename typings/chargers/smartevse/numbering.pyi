from custom_components.evse_pilot.chargers.smartevse.numbering import *
