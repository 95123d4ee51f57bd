"""A V2C Trydan by its local interface: one JSON object of all that it has, and a path for each value that is set."""

from typing import ClassVar, override

from .base import Request, Response
from .otherbox import LEAST_A, MOST_A, VOLTS, OtherboxEmulator

# State A, B and C of IEC 61851, and a leak.
_STATES = {"vacant": 0, "ready": 1, "halted": 1, "delivering": 2, "faulted": 4}


class V2cEmulator(OtherboxEmulator):
    """One charger with three phases, which takes whole amperes and has a pause of its own."""

    name: ClassVar[str] = "V2C Trydan"

    @override
    async def answer(self, request: Request) -> Response | None:
        if request.path == "/RealTimeData":
            return Response.of(self.real_time_data())
        keyword, _, value = request.path.removeprefix("/write/").partition("=")
        if keyword == "Intensity" and LEAST_A <= int(value) <= MOST_A:
            self.limit(int(value))
        elif keyword == "Paused":
            self.switch_off() if value == "1" else self.switch_on()
        else:
            return Response(b"ERROR", 404, "text/plain")
        return Response(b"OK", content_type="text/plain")

    def real_time_data(self) -> dict[str, object]:
        """Return what it shows: W, kWh, s, A."""
        return {
            "ID": "TRY123",
            "FirmwareVersion": "2.2.1",
            "ChargeState": _STATES[self.state],
            "ReadyState": 1,
            "ChargePower": round(self.power_w),
            "VoltageInstallation": round(VOLTS),
            "ChargeEnergy": round(self.session_wh / 1000, 2),
            "ChargeMode": 1 if self.phases == 3 else 0,
            "Paused": 0 if self.allowed else 1,
            "Intensity": int(self.limit_a),
            "MinIntensity": LEAST_A,
            "MaxIntensity": MOST_A,
            "LightLED": 100,
            "LogoLED": 100,
        } | dict.fromkeys(
            (
                *("SlaveError", "ChargeTime", "HousePower", "FVPower", "Locked", "Timer", "Dynamic"),
                *("PauseDynamic", "DynamicPowerMode", "ContractedPower"),
            ),
            0,
        )
