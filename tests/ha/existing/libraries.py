"""The client libraries of two makes, emulated: the integrations of Home Assistant's core run on them as they are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import homeassistant.components
from tests.emulators.otherbox import OtherboxEmulator

_PLUGGED, _UNPLUGGED = 7, 1


def _module(name: str, **names: Any) -> ModuleType:
    module = ModuleType(name)
    for key, value in names.items():
        setattr(module, key, value)
    return module


@contextmanager
def installed(integration: str, modules: tuple[ModuleType, ...]) -> Iterator[None]:
    """Have modules in place of a library that is not installed, for an integration of the core."""
    sys.modules.update({module.__name__: module for module in modules})
    try:
        yield
    finally:
        # What was imported with them is imported anew with the next.
        prefix = f"homeassistant.components.{integration}"
        for name in [*sys.modules]:
            if name == prefix or name.startswith(f"{prefix}.") or name in {m.__name__ for m in modules}:
                del sys.modules[name]
        if hasattr(homeassistant.components, integration):
            delattr(homeassistant.components, integration)


class _States(Enum):
    """The two states of a switch, by all the names that the library has for them."""

    OFF = 0
    ON = 1


def v2c_modules(box: OtherboxEmulator) -> tuple[ModuleType, ...]:
    """Return pytrydan, with a Trydan that is this box."""

    class TrydanError(Exception):
        """It does not answer."""

    class ChargeMode(Enum):
        """On how many phases it charges."""

        MONOPHASIC = 0
        THREEPHASIC = 1

    class SlaveCommunicationState(Enum):
        """Whether its meter answers."""

        NO_ERROR = 0

    class Trydan:
        """A Trydan by its local interface."""

        firmware_version = "2.2.1"

        def __init__(self, *_: object) -> None:
            """Have no answer yet."""
            self.data: SimpleNamespace | None = None

        @property
        def connected(self) -> bool:
            return box.plugged

        @property
        def charging(self) -> bool:
            return box.drawn_a > 0

        @property
        def ready(self) -> bool:
            return True

        async def get_data(self) -> SimpleNamespace:
            if box.is_offline:
                raise TrydanError
            off = _States.OFF
            self.data = SimpleNamespace(
                ID="TRY1",
                intensity=int(box.limit_a),
                min_intensity=6,
                max_intensity=16,
                voltage_installation=230,
                paused=off if box.allowed else _States.ON,
                locked=off,
                timer=off,
                dynamic=off,
                pause_dynamic=off,
                charge_power=box.power_w,
                charge_energy=box.session_wh / 1000,
                charge_time=0,
                house_power=0,
                fv_power=0,
                battery_power=0,
                slave_error=SlaveCommunicationState.NO_ERROR,
                SSID="x",
                IP="192.0.2.1",
                signal_status=3,
                charge_mode=ChargeMode.THREEPHASIC,
                light_led=None,
                logo_led=None,
            )
            return self.data

        async def intensity(self, value: float) -> None:
            box.limit(value)

        async def pause(self) -> None:
            box.switch_off()

        async def resume(self) -> None:
            box.switch_on()

    names = {
        "PauseState": ("NOT_PAUSED", "PAUSED"),
        "LockState": ("DISABLED", "ENABLED"),
        "ChargePointTimerState": ("TIMER_OFF", "TIMER_ON"),
        "DynamicState": ("DISABLED", "ENABLED"),
        "PauseDynamicState": ("MODULATING", "NOT_MODULATING"),
    }
    states = {
        name: SimpleNamespace(**{off: _States.OFF, on: _States.ON}) for name, (off, on) in names.items()
    }
    return (
        _module("pytrydan", Trydan=Trydan, TrydanData=SimpleNamespace),
        _module("pytrydan.exceptions", TrydanError=TrydanError),
        _module("pytrydan.models"),
        _module(
            "pytrydan.models.trydan",
            ChargeMode=ChargeMode,
            SlaveCommunicationState=SlaveCommunicationState,
            **states,
        ),
    )


def keba_modules(box: OtherboxEmulator) -> tuple[ModuleType, ...]:
    """Return keba_kecontact, with a charging station that is this box."""
    details = {
        "vacant": (1, "not ready for charging"),
        "halted": (1, "not ready for charging"),
        "ready": (2, "ready for charging"),
        "delivering": (3, "charging"),
        "faulted": (4, "error"),
    }

    class KebaKeContact:
        """A charging station by UDP."""

        def __init__(self, _: str, on_data: Callable[[Any], None]) -> None:
            """Know what to call with each answer."""
            self._on_data = on_data

        async def setup(self, _: object = None) -> None:
            """Need nothing."""

        async def request_data(self) -> None:
            """Have an answer at once."""
            self._on_data(None)

        def get_value(self, key: str) -> Any:
            state, text = details[box.state]
            return {
                "Serial": "123",
                "Product": "KC-P30",
                "Online": True,
                "Plug_plugged": box.plugged,
                "Plug": _PLUGGED if box.plugged else _UNPLUGGED,
                "State": state,
                "State_on": box.drawn_a > 0,
                "State_details": text,
                "Curr user": box.limit_a,
                "P": round(box.power_w / 1000, 3),
                "E pres": round(box.session_wh / 1000, 3),
                "E total": round(box.total_wh / 1000, 3),
            }.get(key)

        async def set_current(self, amps: float) -> None:
            if amps < 6:
                raise ValueError("6 A at least")
            box.limit(amps)

        async def enable(self, on: bool) -> None:
            box.switch_on() if on else box.switch_off()

        async def set_failsafe(self, *_: object) -> None:
            """Have none."""

    return (
        _module("keba_kecontact"),
        _module("keba_kecontact.connection", KebaKeContact=KebaKeContact),
    )
