"""Registers of the meters, read and named by the descriptions that the meters send."""

from collections.abc import Mapping
from dataclasses import dataclass
import re
from typing import Any

from ..wire import block, described, float32, text

# No known meter has more than forty. It bounds the sensors of a meter that sends others with each answer.
MOST_REGISTERS = 64

_KEY = re.compile(r"0x([0-9a-f]{1,2})_0x([0-9a-f]{1,4})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """One register of a meter, named by the maker of the meter; its value is None while it cannot be read."""

    key: str
    name: str
    unit: str | None
    value: float | None


type Known = set[tuple[str, str | None]]
"""Key and unit of the registers that a meter has sent so far."""


def registers(raw: object, known: Known) -> tuple[Register, ...]:
    """Return the registers in an answer to GET Meter1 or Meter2, in their order; which ones depends on the meter.

    Those of earlier answers are known; new ones are added to them while there is room.
    """
    if not isinstance(raw, Mapping):
        return ()
    # They are under the name of the meter. Not known: the name for Meter2, of which there is no example.
    data: Mapping[str, Any] = next(
        (block(raw, name) for name in raw if "ModbusData" in block(raw, name)), raw
    )
    found: dict[str, Register] = {}
    for name, register in block(data, "ModbusData").items():
        address = _KEY.fullmatch(name)
        if address is None or not isinstance(register, Mapping):
            continue
        key = f"{int(address[1], 16):02x}_{int(address[2], 16):04x}"
        words, unit = described(text(register.get("Desc"), 80) or "")
        if len(known) < MOST_REGISTERS:
            known.add((key, unit))
        if (key, unit) not in known:
            continue
        valid = text(register.get("DataStatus")) == "Valid"
        found[key] = Register(
            key=key,
            name=words or f"register {key}",
            unit=unit,
            value=float32(register.get("Value")) if valid else None,
        )
    return tuple(found.values())
