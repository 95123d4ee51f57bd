"""Entities of a charger of another integration: only its status, for all else is on the page of its own device."""

from ...entities import vocabulary
from ...entities.descriptions import Entities
from .charger import ExistingCharger
from .models import ExistingState

ENTITIES = Entities[ExistingCharger, ExistingState](sensors=(vocabulary.status(lambda s: s.status),))
