"""Readers of Charger_info.Get, the answer to each poll of a charger, and which other answers it shows to be old."""

from collections.abc import Callable, Mapping
from typing import Any

from ..wire import flag, integer, number, word
from .words import MAXIMUM_A, STATUSES, LimitReason, PhaseMode

# Less on a conductor is an error of measurement; more is nonsense.
_LIVE_A, _NONSENSE_A = 1.0, 2000.0

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


def live_phases(info: Mapping[str, Any]) -> frozenset[int]:
    """Return the conductors that carry the current of a car, from 1 on."""
    listed = info.get("currents")
    currents_a = listed[:3] if isinstance(listed, list) else []
    return frozenset(
        phase for phase, amps in enumerate(currents_a, 1) if number(amps, _LIVE_A, _NONSENSE_A) is not None
    )


def limit_reason_of(info: Mapping[str, Any]) -> LimitReason | None:
    """Read what limits the current."""
    return LimitReason.from_wire(integer(info.get("current_limit_reason"), 0, 255))


def _shown_of_config(info: Mapping[str, Any]) -> object:
    """Return what shows a change of the lock, of whether the schedule is kept, or of the user's limit."""
    state = state_of(info, WORD, LETTER)
    limited_a = number(info.get("pwm_current"), 0, MAXIMUM_A)
    return (
        state if state in ("LOCKED", "B_SCHEDULER") else None,
        limited_a if limit_reason_of(info) is LimitReason.USER else None,
    )


def _shown_of_phases(info: Mapping[str, Any]) -> object:
    """Return what shows a change of the phases; they are set together with the limit."""
    is_switching = limit_reason_of(info) is LimitReason.SWITCHING_PHASES
    return integer(info.get("dynamic_current"), 0, MAXIMUM_A), is_switching, live_phases(info) - {1}


def has_forgotten(before: object, now: object) -> bool:
    """Return whether an answer that has the limit shows none any more, as after a restart (README of its HACS integration)."""
    return _is_unlimited(now) and not _is_unlimited(before)


def _is_unlimited(raw: object) -> bool:
    return isinstance(raw, Mapping) and integer(raw.get("dynamic_current"), 0, MAXIMUM_A) == MAXIMUM_A


def has_resumed(before: object, now: object) -> bool:
    """Return whether an answer to Charger_info.Get shows a pause no more, as after a restart. Assumed: it forgets that, too."""
    return _is_paused(before) is True and _is_paused(now) is False


def _is_paused(raw: object) -> bool | None:
    return flag(raw.get("charger_is_paused")) if isinstance(raw, Mapping) else None


# What every answer of Charger_info.Get shows of answers that are asked for less often.
_SHOWN: Mapping[str, Callable[[Mapping[str, Any]], object]] = {
    "app_config.get": _shown_of_config,
    "dynamic_current.get": _shown_of_phases,
    "em_status.get": lambda info: limit_reason_of(info) is LimitReason.METER_OFFLINE,
    # The limit of the cable.
    "system_currents.get": lambda info: state_of(info, LETTER, WORD) == "A",
}


def has_active_errors(raw: object) -> bool | None:
    """Read in an answer to Charger_info.Get whether there are errors to ask for; None: not known."""
    return flag(raw.get("has_active_errors")) if isinstance(raw, Mapping) else None


def reports_limit(raw: object) -> bool:
    """Return whether an answer to Charger_info.Get has the limit; otherwise Dynamic_current.Get has it."""
    return isinstance(raw, Mapping) and raw.get("dynamic_current") is not None


def outdated(before: object, after: object) -> list[str]:
    """Return the methods of which two answers to Charger_info.Get show that their answers have changed in between."""
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return []
    return [method for method, shown in _SHOWN.items() if shown(before) != shown(after)]


def relay_mode_from_wire(raw: object) -> int | None:
    """Read in an answer to Dynamic_current.Get how many phases are connected; None: it cannot switch them."""
    mode = integer(raw.get("relay_mode"), 0, 3) if isinstance(raw, Mapping) else None
    return None if PhaseMode.from_wire(mode) is None else mode
