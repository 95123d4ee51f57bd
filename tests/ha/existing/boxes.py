"""Chargers of other makes on sockets, as the client libraries of their makers know them."""

from dataclasses import MISSING, fields
from enum import Enum
from importlib import import_module
import json
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints, override

from tests.emulators.base import Request, Response
from tests.emulators.otherbox import VOLTS, OtherboxEmulator


class TeslaEmulator(OtherboxEmulator):
    """A Tesla Wall Connector of the third generation, which shows what it does and takes no commands."""

    _STATES = {"vacant": 1, "ready": 9, "halted": 4, "delivering": 11, "faulted": 7}

    @override
    async def answer(self, request: Request) -> Response | None:
        amps = self.drawn_a
        answers: dict[str, dict[str, Any]] = {
            "version": {
                "firmware_version": "24.36.3",
                "part_number": "1529455-02-D",
                "serial_number": "PGT12345678",
            },
            "lifetime": {"energy_wh": self.total_wh},
            "wifi_status": {"wifi_rssi": -55},
            "vitals": {
                "contactor_closed": self.state == "delivering",
                "vehicle_connected": self.plugged,
                "evse_state": self._STATES[self.state],
                "grid_v": VOLTS,
                "grid_hz": 50.0,
                "vehicle_current_a": amps,
                **{f"current{phase}_a": amps for phase in "ABC"},
                **{f"voltage{phase}_v": VOLTS for phase in "ABC"},
                **dict.fromkeys(("handle_temp_c", "pcba_temp_c", "mcu_temp_c"), 20.0),
                "session_energy_wh": self.session_wh,
            },
        }
        found = answers.get(request.path.rpartition("/")[2])
        return Response(b"{}", 404) if found is None else Response.of(found)


class PeblarEmulator(OtherboxEmulator):
    """A Peblar: one limit in mA, which its integration shows as a number, and less than 6 A of it as a pause."""

    _STATES = {
        "vacant": "State A",
        "ready": "State B",
        "halted": "State B",
        "delivering": "State C",
        "faulted": "State E",
    }

    @override
    async def answer(self, request: Request) -> Response | None:
        # Only its test needs the library.
        models = import_module("peblar.models")
        if request.path.endswith("/evinterface") and request.method == "PATCH":
            change = json.loads(request.body)
            if "ChargeCurrentLimit" in change:
                self._apply({"limit": change["ChargeCurrentLimit"] / 1000})
            if "Force1Phase" in change:
                self._apply({"phases": 1 if change["Force1Phase"] else 3})
            return Response.of({})
        amps = self.drawn_a
        milliamperes = [round(1000 * amps) if phase < self.phases else 0 for phase in range(3)]
        answers: dict[str, dict[str, Any]] = {
            "system/info": filled(models.PeblarSystemInformation)
            | {"HwMaxCurrent": 16, "ProductSn": "23-45-A4O-MOF"},
            "config/user": filled(models.PeblarUserConfiguration)
            | {
                "ConnectedPhases": 3,
                "CurrentCtrlFixedChargeCurrentLimit": 16,
                "LocalRestApiAllowed": True,
                "LocalRestApiEnable": True,
            },
            "current-versions": {"Customization": "Peblar-1.9", "Firmware": "1.9.0+1+WL-1"},
            "available-versions": {"Customization": "Peblar-1.9", "Firmware": "1.9.0+1+WL-1"},
            "config/api-token": {"ApiToken": "token"},
            "wlac/v1/system": filled(models.PeblarSystem) | {"Force1PhaseAllowed": True, "PhaseCount": 3},
            "wlac/v1/meter": filled(models.PeblarMeter)
            | {f"CurrentPhase{phase}": each for phase, each in enumerate(milliamperes, 1)}
            | {
                "PowerTotal": round(self.power_w),
                "EnergyTotal": round(self.total_wh),
                "EnergySession": round(self.session_wh),
            },
            "wlac/v1/evinterface": filled(models.PeblarEVInterface)
            | {
                "ChargeCurrentLimit": round(self.limit_a * 1000),
                "ChargeCurrentLimitActual": round(self.allows_a * 1000),
                "CpState": self._STATES[self.state],
                "Force1Phase": self.phases == 1,
            },
            "auth/login": {},
        }
        found = next((each for path, each in answers.items() if request.path.endswith(path)), None)
        return Response(b"{}", 404) if found is None else Response.of(found)


def filled(model: type[Any]) -> dict[str, Any]:
    """Return an answer with all that a data class of a library asks for, none of which matters."""
    hints = get_type_hints(model)
    return {
        field.metadata.get("alias", field.name): _value(hints[field.name])
        for field in fields(model)
        if field.default is MISSING and field.default_factory is MISSING
    }


def _value(hint: Any) -> Any:
    if get_origin(hint) is UnionType:
        return None
    if get_origin(hint) in (list, dict):
        return get_origin(hint)()
    if issubclass(hint, Enum):
        return next(iter(hint)).value
    assert not get_args(hint)
    return hint()
