"""An NRGkick of the second generation by its local JSON interface."""

from typing import ClassVar, override

from .base import Request, Response
from .otherbox import LEAST_A, MOST_A, VOLTS, OtherboxEmulator

_STATES = {"vacant": 1, "ready": 2, "halted": 2, "delivering": 3, "faulted": 6}


class NrgkickEmulator(OtherboxEmulator):
    """One charger with three phases, which takes tenths of an ampere, never less than 6 A, and has a pause of its own."""

    name: ClassVar[str] = "NRGkick"
    step_a: ClassVar[float] = 0.1

    @override
    async def answer(self, request: Request) -> Response | None:
        if request.path == "/control":
            return self._control(request.query)
        answers = {"/info": self.info(), "/values": self.values()}
        found = answers.get(request.path)
        return Response(b"{}", 404) if found is None else Response.of(found)

    def _control(self, command: dict[str, str]) -> Response:
        """Carry out a command, and answer with what was set; without one, with all that can be set."""
        if "current_set" in command:
            if not LEAST_A <= float(command["current_set"]) <= MOST_A:
                return Response.of({"Response": "current_set is out of range"})
            self.limit(float(command["current_set"]))
        if "charge_pause" in command:
            self.switch_off() if command["charge_pause"] == "1" else self.switch_on()
        shown = {
            "current_set": self.limit_a,
            "charge_pause": 0 if self.allowed else 1,
            "energy_limit": 0,
            "phase_count": self.phases,
        }
        return Response.of({key: value for key, value in shown.items() if not command or key in command})

    def info(self) -> dict[str, object]:
        """Return what it is."""
        return {
            "general": {
                "serial_number": "NRG123456",
                "device_name": self.name,
                "rated_current": float(MOST_A),
                "model_type": "NRGkick Gen2",
            },
            "connector": {"phase_count": self.wired, "max_current": float(MOST_A), "type": 1},
            "grid": {"voltage": VOLTS, "frequency": 50.0, "phases": 7},
            "network": {"rssi": -55},
            "versions": {"sw_sm": "4.0.0.0", "hw_sm": "2.1"},
        }

    def values(self) -> dict[str, object]:
        """Return what it measures: V, A, W, Wh."""
        amps = [self.drawn_a if phase < self.phases else 0.0 for phase in range(3)]
        return {
            "energy": {
                "total_charged_energy": round(self.total_wh),
                "charged_energy": round(self.session_wh),
            },
            "powerflow": {
                "charging_voltage": VOLTS,
                "charging_current": amps[0],
                "total_active_power": self.power_w,
                **{
                    f"l{phase}": {"voltage": VOLTS, "current": each, "active_power": each * VOLTS}
                    for phase, each in enumerate(amps, 1)
                },
            },
            "general": {
                "status": _STATES[self.state],
                "charge_permitted": int(self.allows_a > 0),
                "rcd_trigger": 0,
                "warning_code": 0,
                "error_code": 1 if self.failed else 0,
            },
            "temperatures": {"housing": 25.0},
        }
