"""The defaults of a charger."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import override

from chargers.capabilities import Authorizer, ChargingSwitch, Limiter, PilotOverride, Resetter, Scheduler
from chargers.charger import Charger
from chargers.errors import ChargerRefusedError
from chargers.types import Identity, Status


@dataclass(frozen=True)
class _State:
    status: Status | None = None
    firmware: str | None = None


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
    assert charger.capability(Limiter) is None
    assert charger.capability(ChargingSwitch) is None
    assert charger.capability(Scheduler) is None
    assert charger.capability(Resetter) is None
    assert charger.capability(Authorizer) is None
    assert charger.capability(PilotOverride) is None


async def test_identity_is_not_in_a_log_line() -> None:
    """An identity in a log line does not identify its owner."""
    assert repr(await _Plain().identify()) == "Identity(model='plain', firmware=None)"


def test_refusal_has_its_reason() -> None:
    """A refusal has a reason, and what its translated sentence needs."""
    refusal = ChargerRefusedError("out_of_range", minimum="6", maximum="16")
    assert (refusal.reason, refusal.placeholders) == ("out_of_range", {"minimum": "6", "maximum": "16"})
    assert str(refusal) == "out_of_range"
