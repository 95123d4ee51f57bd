"""What every charger is without saying so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import override

from chargers.charger import Charger
from chargers.errors import ChargerRefusedError
from chargers.types import Identity, Status


@dataclass(frozen=True)
class _State:
    status: Status | None = None


class _Plain(Charger[_State]):
    """A charger that can only be read."""

    @override
    async def identify(self) -> Identity:
        return Identity(model="plain", serial="12345", mac="02:00:00:00:00:01")

    @override
    async def fetch(self) -> _State:
        return _State()

    @override
    def report(self) -> Mapping[str, object]:
        return {}


async def test_capabilities_are_declared_not_assumed() -> None:
    """A charger that declares no capability has none."""
    charger = _Plain()
    assert charger.limiter is None
    assert charger.charging_switch is None
    assert charger.scheduler is None
    assert charger.resetter is None
    assert charger.authorizer is None
    assert charger.pilot_override is None


async def test_identity_is_not_told_by_a_log_line() -> None:
    """An identity in a log line does not say whose charger it is."""
    assert repr(await _Plain().identify()) == "Identity(model='plain', firmware=None)"


def test_refusal_says_why() -> None:
    """A refusal has a reason, and what its translated sentence needs."""
    refusal = ChargerRefusedError("out_of_range", minimum="6", maximum="16")
    assert (refusal.reason, refusal.placeholders) == ("out_of_range", {"minimum": "6", "maximum": "16"})
    assert str(refusal) == "out_of_range"
