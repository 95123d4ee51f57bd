"""The client library of a make, emulated: the integration of Home Assistant's core runs on it as it is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import sys
from types import ModuleType
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
