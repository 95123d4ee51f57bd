"""Entities of a charger of another integration: what triggers and conditions look at, in the words of all makes.

All else, such as its power and its energies, is on the page of its own device.
"""

from ...entities import vocabulary
from ...entities.descriptions import Entities
from ..types import Status
from .charger import ExistingCharger
from .models import ExistingState

ENTITIES = Entities[ExistingCharger, ExistingState](
    binary_sensors=(
        vocabulary.plug(lambda s: s.plugged_in),
        vocabulary.charging(lambda s: None if s.status is None else s.status is Status.CHARGING),
        vocabulary.problem(lambda s: None if s.status is None else s.status is Status.FAULT),
    ),
    sensors=(vocabulary.status(lambda s: s.status),),
)
