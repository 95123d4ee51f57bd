"""Registers of the meters, read and named by the descriptions that the meters send."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
import re
from typing import Any

from ..counters import ENERGY, NET_ENERGY, Counters
from ..room import Room
from ..wire import block, changed, described, float32, text

# No known meter has more than forty. It bounds the sensors of a meter that sends others with each answer.
MOST_REGISTERS = 64
# An hour: by then a meter that sends other registers is another one.
PATIENCE = 120

# The registers of Eastron's meters that only grow, or are reset by hand.
_GROWING = frozenset({"04_0048", "04_004a", "04_0156", "04_0180", "04_0184", "04_0186"})
# The units of energies and of reactive energies, in Wh and varh.
_ENERGY_UNITS = {"Wh": 1, "kWh": 1e3, "MWh": 1e6, "varh": 1, "kvarh": 1e3}

_POWER, _ENERGY = ("W", "kW"), ("Wh", "kWh", "MWh")
# The registers of the supported meters that have a name in each language, by address, with the units that they come in:
# another type of meter may have something else there. Meter 1 is that of the car, whose import is its total energy.
_NAMED: Mapping[str, tuple[str, tuple[str | None, ...]]] = {
    **{f"04_{2 * phase:04x}": (f"voltage_l{phase + 1}", ("V",)) for phase in range(3)},
    **{f"04_{2 * phase + 6:04x}": (f"current_l{phase + 1}", ("A",)) for phase in range(3)},
    "04_000c": ("power_l1", _POWER),
    "04_0034": ("power", _POWER),
    "04_003e": ("power_factor", (None,)),
    "04_0046": ("frequency", ("Hz",)),
    "04_0048": ("imported_energy", _ENERGY),
    "04_004a": ("exported_energy", _ENERGY),
    "04_00e0": ("neutral_current", ("A",)),
    "04_0156": ("energy", _ENERGY),
    "04_0180": ("resettable_energy", _ENERGY),
    "04_0184": ("resettable_imported_energy", _ENERGY),
    "04_0186": ("resettable_exported_energy", _ENERGY),
    "04_0500": ("imported_power", _POWER),
    "04_0502": ("exported_power", _POWER),
}
NAMES = frozenset(name for name, _ in _NAMED.values())

_KEY = re.compile(r"0x([0-9a-f]{1,2})_0x([0-9a-f]{1,4})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """One register of a meter, named by the maker of the meter; its value is None while it cannot be read."""

    key: str
    name: str
    unit: str | None
    value: float | None

    @property
    def is_energy(self) -> bool:
        """Return whether it counts an energy."""
        return self.unit in _ENERGY_UNITS

    @property
    def known_name(self) -> str | None:
        """Return its name in the words of this project; None: only the maker of the meter has one."""
        name, units = _NAMED.get(self.key, (None, ()))
        return name if self.unit in units else None

    @property
    def grows(self) -> bool:
        """Return whether it only grows, or starts again from zero."""
        return self.key in _GROWING


class Known:
    """The registers that a meter has sent lately, and what its last answer was read as.

    An answer is part of many snapshots: the status of the controller is read more often than its meters.
    """

    def __init__(self) -> None:
        """Know none."""
        self.room: Room[tuple[str, str | None]] = Room(MOST_REGISTERS, PATIENCE)
        self.answer: object = None
        self.found: tuple[Register, ...] = ()


def registers(
    raw: object, meter: str, known: Known, counters: Counters | None = None
) -> tuple[Register, ...]:
    """Return the registers in an answer to GET Meter1 or Meter2, in their order; which ones depends on the meter.

    New ones are added to those of earlier answers while there is room, or in the place of one that has not been sent
    for long. With the counters of the controller, only plausible energies count.
    """
    if raw is not known.answer:
        found = _read(raw, known)
        if counters is not None:
            found = tuple(_counted(register, raw, meter, counters) for register in found)
        known.answer, known.found = raw, found
    return known.found


def _counted(register: Register, answer: object, meter: str, counters: Counters) -> Register:
    unit_wh = _ENERGY_UNITS.get(register.unit or "")
    if register.value is None or unit_wh is None:
        return register
    name = f"{meter}_{register.key}_{register.unit}"
    energy_wh = counters.read(
        name, register.value * unit_wh, answer, ENERGY if register.grows else NET_ENERGY
    )
    return replace(register, value=float32(changed(energy_wh, lambda wh: wh / unit_wh)))


def _read(raw: object, known: Known) -> tuple[Register, ...]:
    if not isinstance(raw, Mapping):
        return ()
    # They are under the name of the meter. Not known: the name for Meter2, of which there is no example.
    data: Mapping[str, Any] = next(
        (block(raw, name) for name in raw if "ModbusData" in block(raw, name)), raw
    )
    read: list[Register] = []
    for name, register in block(data, "ModbusData").items():
        address = _KEY.fullmatch(name)
        if address is None or not isinstance(register, Mapping):
            continue
        key = f"{int(address[1], 16):02x}_{int(address[2], 16):04x}"
        words, unit = described(text(register.get("Desc"), 80) or "")
        valid = text(register.get("DataStatus")) == "Valid"
        read.append(
            Register(
                key=key,
                name=words or f"register {key}",
                unit=unit,
                value=float32(register.get("Value")) if valid else None,
            )
        )
    units = [(register.key, register.unit) for register in read]
    known.room.take(units, units)
    return tuple(
        {register.key: register for register in read if (register.key, register.unit) in known.room}.values()
    )
