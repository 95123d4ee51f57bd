"""Readers of values that several keys of a SmartEVSE have in common."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..wire import block, integer, scaled, text, word
from .words import Rgb

# Wider than any house, so that only nonsense falls outside.
CURRENT_A = 2000.0
_LINK = {"Connected": True, "Disconnected": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Currents:
    """Three phases, and their sum as the charger adds it; import and charging are positive."""

    l1_a: float | None
    l2_a: float | None
    l3_a: float | None
    total_a: float | None

    @property
    def phases_a(self) -> tuple[float | None, float | None, float | None]:
        """Return L1, L2 and L3."""
        return (self.l1_a, self.l2_a, self.l3_a)


def deciamps(value: object, low: float = -CURRENT_A) -> float | None:
    """Return a current that was sent in 0.1 A, in A."""
    return scaled(value, 0.1, low, CURRENT_A, digits=1)


def identifier(value: object) -> str | None:
    """Return the number of a card or a car; all 0 is none."""
    digits = text(value, 32)
    return digits if digits and digits.strip("0") else None


def link(value: object) -> bool | None:
    """Return whether something is connected, from its status."""
    # Newer firmware adds how: "Connected (TLS verified)".
    return word((text(value) or "").partition(" ")[0], _LINK)


def currents(raw: Mapping[str, Any]) -> Currents | None:
    """Return three phases and their sum; None if nothing of it is known."""
    l1_a, l2_a, l3_a, total_a = (deciamps(raw.get(key)) for key in ("L1", "L2", "L3", "TOTAL"))
    if l1_a is l2_a is l3_a is total_a is None:
        return None
    return Currents(l1_a=l1_a, l2_a=l2_a, l3_a=l3_a, total_a=total_a)


def rgb(raw: Mapping[str, Any]) -> Rgb | None:
    """Return a colour; None if a part of it is not known."""
    red, green, blue = (integer(raw.get(key), 0, 255) for key in "RGB")
    return None if red is None or green is None or blue is None else (red, green, blue)


def mains_updated_at(raw: object) -> int | None:
    """Return when the mains meter was last read, in s by the clock of the charger; None: not known."""
    phases = block(raw, "phase_currents") if isinstance(raw, Mapping) else {}
    return integer(phases.get("last_data_update"), 1, 2**32)
