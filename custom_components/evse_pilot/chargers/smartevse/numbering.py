"""How the firmware of a SmartEVSE numbers its modes, which only some of its answers show."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ..wire import integer, numbered, text, word
from .words import Mode

# By their names on the wire.
MODES = {mode.value.upper(): mode for mode in Mode}
# evse.mode counts differently from mode_id.
_UNDERLYING_MODES = (Mode.NORMAL, Mode.SMART, Mode.SOLAR)
# One fork has no solar mode, and counts on without it. What it calls its pause is not known.
_MODES_WITHOUT_SOLAR = (Mode.OFF, Mode.NORMAL, Mode.SMART)
_HAS_NO_SOLAR: Mapping[tuple[Mode | None, int | None], bool] = {
    (Mode.SMART, 2): True,
    (Mode.SMART, 3): False,
    (Mode.SOLAR, 2): False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbering:
    """What the answers of one firmware have shown: whether it has a solar mode, and the number of its underlying mode.

    That is the mode in which it charges, or did before it was switched off.
    """

    firmware: str | None = None
    has_no_solar: bool = False
    underlying_mode: Mode | None = None
    underlying_number: int | None = None

    @property
    def modes(self) -> tuple[Mode, ...]:
        """Return the modes in the order of their numbers on the wire."""
        return _MODES_WITHOUT_SOLAR if self.has_no_solar else tuple(Mode)

    def mode(self, named: Mode | None, mode_id: object) -> Mode | None:
        """Return the mode that an answer names, or that has this number."""
        return named or numbered(self.modes, mode_id)

    def after(self, firmware: str | None, named: Mode | None, mode_id: object, number: object) -> Numbering:
        """Return what is known after an answer; of other firmware, such as after an update, only what this one shows."""
        if None not in (firmware, self.firmware) and firmware != self.firmware:
            return Numbering(firmware=firmware).after(firmware, named, mode_id, number)
        has_no_solar = _HAS_NO_SOLAR.get((named, integer(mode_id, 2, 3)), self.has_no_solar)
        found = replace(
            self, firmware=firmware, has_no_solar=has_no_solar, underlying_number=integer(number, 0, 4)
        )
        if (mode := found.mode(named, mode_id)) in _UNDERLYING_MODES:
            return replace(found, underlying_mode=mode)
        if found.underlying_number is not None and found.underlying_number == self.underlying_number:
            # While it is switched off, the same number as before is the same mode.
            return found
        words = _MODES_WITHOUT_SOLAR if has_no_solar else _UNDERLYING_MODES
        return replace(found, underlying_mode=numbered(words, found.underlying_number))

    def to_json(self) -> dict[str, Any]:
        """Return what is to outlive a restart of ours; nothing of firmware that numbers its modes as most does."""
        usual = (None, numbered(_UNDERLYING_MODES, self.underlying_number))
        if not self.has_no_solar and (self.underlying_number is None or self.underlying_mode in usual):
            return {}
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Numbering:
        """Return what was stored; what does not fit is not known."""
        return cls(
            firmware=text(stored.get("firmware")),
            has_no_solar=stored.get("has_no_solar") is True,
            underlying_mode=word(
                stored.get("underlying_mode"), {mode.value: mode for mode in _UNDERLYING_MODES}
            ),
            underlying_number=integer(stored.get("underlying_number"), 0, 4),
        )


UNKNOWN = Numbering()
