"""Settings of a controller. Not known: whether it keeps them in flash memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any, override

from ..errors import ChargerRefusedError
from ..settings import ChoiceSetting, FlagSetting, NumberSetting, Setting, TextSetting, WireValue
from ..wire import numbered
from .models import (
    MAXIMUM_A,
    MINIMUM_A,
    SUPPLY_MAXIMUM_A,
    SUPPLY_MAXIMUM_W,
    ChargerMode,
    ControlStrategy,
    LockMethod,
    MeterType,
    PspState,
)


@dataclass(frozen=True)
class _CurrentSetting(NumberSetting[PspState]):
    """A current in whole A per phase."""

    low: float = MINIMUM_A
    high: float = MAXIMUM_A
    unit: str | None = "A"
    rounds_down: bool = True


@dataclass(frozen=True)
class _AddressSetting(TextSetting[PspState]):
    """An IPv4 address, for the installer."""

    longest: int = 15

    @override
    def to_wire(self, value: str) -> WireValue:
        try:
            return str(IPv4Address(value.strip()))
        except ValueError as error:
            raise ChargerRefusedError("address_invalid") from error


METER1_TYPE = ChoiceSetting[PspState, MeterType](
    "meter1_type",
    "Meter1Type",
    lambda s: s.meter1_type,
    words=MeterType,
    # Only the control meter can be replaced by a supervisor.
    excluded=frozenset({MeterType.REMOTE_CONTROL}),
)
METER1_ADDRESS = _AddressSetting(
    "meter1_address", "Meter1Ip", lambda s: s.meter1_address, exists=lambda s: s.meter1_type is not None
)
METER2_TYPE = ChoiceSetting[PspState, MeterType](
    "meter2_type", "Meter2Type", lambda s: s.meter2_type, words=MeterType
)
METER2_ADDRESS = _AddressSetting(
    "meter2_address", "Meter2Ip", lambda s: s.meter2_address, exists=lambda s: s.meter2_type is not None
)
SETTINGS: tuple[Setting[PspState, Any], ...] = (
    _CurrentSetting("boost_current", "ChargeCurrentBoost", lambda s: s.boost_current_a),
    _CurrentSetting(
        "phase_current_limit",
        "PhaseCurrentLimit",
        lambda s: s.phase_current_limit_a,
        high=SUPPLY_MAXIMUM_A,
    ),
    NumberSetting[PspState](
        "control_limit",
        "ControlLimit",
        lambda s: s.control_limit_w,
        low=0,
        high=SUPPLY_MAXIMUM_W,
        unit="W",
        rounds_down=True,
    ),
    FlagSetting[PspState]("auto_start", "ChargeAutoStart", lambda s: s.auto_start),
    ChoiceSetting[PspState, ChargerMode](
        "charger_mode", "ChargerMode", lambda s: s.charger_mode, words=ChargerMode
    ),
    ChoiceSetting[PspState, LockMethod](
        "lock_method", "LockMethod", lambda s: s.lock_method, words=LockMethod
    ),
    ChoiceSetting[PspState, ControlStrategy](
        "control_strategy", "ControlStrategy", lambda s: s.control_strategy, words=ControlStrategy
    ),
    METER1_TYPE,
    METER2_TYPE,
    METER1_ADDRESS,
    METER2_ADDRESS,
)


def complete(changes: Mapping[str, WireValue], state: PspState) -> dict[str, WireValue]:
    """Return changes by wire name with the type or address of a meter that the controller accepts only together.

    Raises ChargerRefusedError for a meter that needs an address and has none.
    """
    result: dict[str, WireValue | None] = dict(changes)
    for type_, address in ((METER1_TYPE, METER1_ADDRESS), (METER2_TYPE, METER2_ADDRESS)):
        if result.keys() & {type_.name, address.name}:
            known = type_.value(state)
            result.setdefault(type_.name, None if known is None else type_.to_wire(known))
            result.setdefault(address.name, address.value(state))
            chosen = numbered(MeterType, result[type_.name])
            if chosen is not None and chosen.needs_address and not result[address.name]:
                raise ChargerRefusedError("meter_address_missing")
    return {name: value for name, value in result.items() if value not in (None, "")}
