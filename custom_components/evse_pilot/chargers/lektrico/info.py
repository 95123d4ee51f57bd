"""Readers of Charger_info.Get, the answer to each poll of a charger."""

from collections.abc import Mapping
from typing import Any

from ..wire import flag, integer, word
from .words import STATUSES, PhaseMode

# The vendor's client of firmware 1.23 (lektricowifi 0.0.9) reads these from Dynamic_current.Get, App_config.Get,
# Counters_config.Get and Sw_version.Get.
NOT_IN_1_23 = frozenset(
    {"dynamic_current", "headless", "install_current", "led_max_brightness"}
    | {"total_charged_energy", "fw_version"}
)

# The letter of IEC 61851, which is all that firmware 1.23 has, and the word that refines it.
LETTER, WORD = "charger_state", "extended_charger_state"


def state_of(info: Mapping[str, Any], *keys: str) -> str:
    """Return the state under the first of these keys that has a known one; empty: none has."""
    return next((str(info[key]) for key in keys if word(info.get(key), STATUSES)), "")


def has_active_errors(raw: object) -> bool | None:
    """Read in an answer to Charger_info.Get whether there are errors to ask for; None: not known."""
    return flag(raw.get("has_active_errors")) if isinstance(raw, Mapping) else None


def reports_limit(raw: object) -> bool:
    """Return whether an answer to Charger_info.Get has the limit; otherwise Dynamic_current.Get has it."""
    return isinstance(raw, Mapping) and raw.get("dynamic_current") is not None


def relay_mode_from_wire(raw: object) -> int | None:
    """Read in an answer to Dynamic_current.Get how many phases are connected; None: it cannot switch them."""
    mode = integer(raw.get("relay_mode"), 0, 3) if isinstance(raw, Mapping) else None
    return None if PhaseMode.from_wire(mode) is None else mode
