"""A PSP EVSE v1.0 controller on a socket: a car, a house, two meters and an installer's settings.

The vendor's document is short: six resources, one example of each. No difference from the firmware is known. What is not
known, and what was assumed:

- how long a restart takes (10 s) and an update (60 s), and what becomes of a session (a new one);
- the ranges of settings (the ends of the examples, and the enumerations), and whether settings are in flash (they are);
- the replies to SystemConfig (in the manner of EvseCtrl), to a toggle that is not allowed, an unknown service code or a
  power that is no number ("no action"), to a power that is accepted ("Set=>" and the power), to a body that is no object
  (status 400), and the word for on ("Set=>True");
- whether remote control, too, is taken only together with an address: it is;
- how control strategy and remote control go together: the power of a supervisor counts from when it was first sent, for
  ever; without a supervisor, a limit of 0 is none, as in the example, where 22,080 W are available;
- whether a boost heeds that power: it does;
- when it is WAITING (never), and which cars need ventilation (none);
- when start and stop are allowed (with a car and no fault), a boost (during a session), an auto start (by the setting);
- when the session's energy and time begin again: with the next car;
- whether ActualCurrent and ActualPower are measured: they are, but for `shows_offer`, as in the example of a connected car;
- whether PPCodedCurrent is missing or 0 without a coded cable: it is missing;
- the time of the example's ActualDurationTotalSeconds, 3,774 s in a session of 0 s and 180 s after a start: an error of it;
- the registers of the NMID30-2: its manual has voltages from 30001 and the neutral current at 30225, which is the map of
  Eastron's three-phase meters; and the descriptions of all but the SDM72D-M;
- under which name Meter2 is (its own), and the value of a register that is not available (the last one);
- what Meter1Status and ErrCounter count (seconds without the meter, for all its registers alike), and when they begin again (with
  the meter);
- when an update may be looked for (at any time) and installed (once it was found); the words of the update messages, and those of
  GeneralInfo in a fault;
- the status and the body for a path that it does not have (404); whether a factory reset forgets the Wi-Fi: it does.
"""

from collections.abc import Callable
from dataclasses import dataclass
import json
import math
import struct
import time
from typing import Any, ClassVar, override

from .base import Emulator, Request, Response

VOLTS = 230.0
MINIMUM_A, MAXIMUM_A = 6, 32
# The processor starts in a second or two, then it has to find its Wi-Fi again.
RESTART_S = 10
UPDATE_S = 60

WAITING, IDLE, RELAY_ERR, EPO, CONNECTED, CHARGING, VENTILATING = range(7)
DIODE_ERR, ERR_E, GENERAL_ERR, PP_ERR, LOCK_ERR = range(7, 12)
NONE, MODBUS_SDM72D_M, MODBUS_NMID30_2, MODBUS_SDM120M, IP_SDM72D_M, IP_NMID30_2, IP_SDM120M, REMOTE = range(
    8
)

NO_ACTION = "no action"
NO_SUPERVISOR = "supervisor IP not set"


@dataclass(frozen=True)
class Firmware:
    """One generation: what it calls itself, and what of the document's change log it has."""

    version: str
    total_seconds: bool


FIRMWARES = {
    # Document v1.0, and the spelling of its table.
    "0.5.0": Firmware("0.5.0", total_seconds=False),
    # Document v1.1, and the spelling of its example.
    "0.9.2": Firmware("0.9.2", total_seconds=True),
}

type Settings = dict[str, int | str | bool]

FACTORY: Settings = {
    "ChargerMode": 0,
    "LockMethod": 0,
    "ChargeCurrent": 16,
    "ChargeCurrentBoost": 32,
    "Meter1Type": MODBUS_SDM72D_M,
    "Meter1Ip": "192.168.0.30",
    "Meter2Type": MODBUS_NMID30_2,
    "Meter2Ip": "192.168.0.31",
    "PhaseCurrentLimit": 25,
    "ControlStrategy": 0,
    "ControlLimit": 0,
    "ChargeAutoStart": True,
    "Charge3Phase": True,
}
RANGES = {
    "ChargerMode": (0, 1),
    "LockMethod": (0, 1),
    "ChargeCurrent": (MINIMUM_A, MAXIMUM_A),
    "ChargeCurrentBoost": (MINIMUM_A, MAXIMUM_A),
    "Meter1Type": (NONE, IP_SDM120M),
    "Meter2Type": (NONE, REMOTE),
    "PhaseCurrentLimit": (6, 100),
    "ControlStrategy": (0, 1),
    "ControlLimit": (0, 100_000),
}


class PspEmulator(Emulator):
    """One controller with one car; currents inside are amperes, energies watt-hours."""

    name: ClassVar[str] = "PSP EVSE"
    buttons: ClassVar[dict[str, str]] = {
        "plug_in": "plug the car in",
        "unplug": "unplug the car",
        "draw": "let the car draw at most VALUE A on each phase (32)",
        "push_start": "push START/STOP on the charger itself",
        "push_boost": "push BOOST on the charger itself",
        "house": "let the rest of the house draw VALUE W (1500)",
        "fail": "raise the fault of state VALUE: 2 relay, 3 emergency stop, 7 to 11 car, pilot, cable, lock (3)",
        "clear": "clear the fault",
        "lose_meter": "disconnect meter VALUE, 1 or 2 (1)",
        "mend_meter": "connect both meters again",
        "new_firmware": "publish a newer firmware",
        "reboot": "restart the controller",
        "break_line": "let the line fail in the way VALUE (silent, cut, html, busy ...), or ok",
    }

    def __init__(
        self,
        firmware: str = "0.9.2",
        *,
        mac: str = "E0:E2:E6:00:00:01",
        ssid: str = "559EVSE",
        cable_a: int | None = None,
        settings: Settings | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Start unplugged, up for an hour; a cable that is coded makes it a socket (case B)."""
        super().__init__(clock=clock)
        self.firmware = FIRMWARES[firmware]
        self.version = self.firmware.version
        self.mac = mac
        self.ssid = ssid
        self.cable_a = cable_a
        self.settings = FACTORY | {"ChargerMode": int(cable_a is not None)} | (settings or {})
        self.settings_written = 0
        self.lost_keys: set[str] = set()
        self.altered: dict[str, dict[str, Any]] = {}
        self.unavailable: set[str] = set()
        # Whether current and power are what is offered, as in the document's example of a car that does not charge.
        self.shows_offer = False
        self.start_stop_forbidden = False

        # The world
        self.plugged_in = False
        self.car_max_a = 32.0
        self.car_full = False
        self.house_w = 1500.0
        self.available_version: str | None = None
        self.imported_wh = {1: 331.0, 2: 4_815_162.0}
        self.lost_meters: set[int] = set()
        # Of a meter whose wiring is at fault, by meter and key.
        self.more_registers: dict[int, dict[str, Any]] = {1: {}, 2: {}}
        self.meter_errors = {1: 0, 2: 0}
        self.left_network = False
        self.peer = ""  # the client that sent the last command
        self._boot()
        self.booted_at = self.now - 3600

    def _boot(self) -> None:
        """Forget what is not kept in flash."""
        self.booted_at = self.now
        self.fault = 0
        # A new session, as if the car had just been plugged in.
        self.started = self.plugged_in and bool(self.settings["ChargeAutoStart"])
        self.boosted = False
        self.session_wh = 0.0
        self.session_s = 0.0
        self.supervisor_power_w: int | None = None
        self.update_message = "No update information"
        self.update_found = False
        self.toggles = 0

    # A person at the charger

    def plug_in(self) -> None:
        """Put the plug into the car."""
        if not self.plugged_in:
            self.plugged_in, self.car_full = True, False
            self.session_wh = self.session_s = 0.0
            self.started = bool(self.settings["ChargeAutoStart"])

    def unplug(self) -> None:
        """Pull the plug out of the car."""
        self.plugged_in = self.started = self.boosted = False

    def draw(self, amps: float = 32) -> None:
        """Let the car draw so much where it may; 0 is a full battery."""
        self.car_max_a, self.car_full = float(amps), amps == 0

    def push_start(self) -> None:
        """Start or stop the session at the charger itself."""
        if self.start_stop_allowed:
            self.started = not self.started
            self.boosted = self.boosted and self.started

    def push_boost(self) -> None:
        """Start or end the boost at the charger itself."""
        if self.boost_allowed:
            self.boosted = not self.boosted

    def house(self, watts: float = 1500) -> None:
        """Let the rest of the house draw so much; below 0 the roof makes more than the house needs."""
        self.house_w = float(watts)

    def fail(self, state: int = EPO) -> None:
        """Raise a fault."""
        if state not in (RELAY_ERR, EPO, DIODE_ERR, ERR_E, GENERAL_ERR, PP_ERR, LOCK_ERR):
            raise ValueError(f"no such fault: {state}")
        self.fault = int(state)

    def clear(self) -> None:
        """Clear the fault."""
        self.fault = 0

    def lose_meter(self, number: int = 1) -> None:
        """Disconnect a meter."""
        if number not in (1, 2):
            raise ValueError(f"no such meter: {number}")
        self.lost_meters.add(int(number))

    def mend_meter(self) -> None:
        """Connect both meters again."""
        self.lost_meters.clear()
        self.meter_errors = {1: 0, 2: 0}

    def new_firmware(self) -> None:
        """Publish a newer firmware."""
        self.available_version = "0.9.3"

    def reboot(self, seconds: float = RESTART_S) -> None:
        """Restart: gone for a while, then with a clock that begins at 0."""
        self.be_offline(seconds)
        self._boot()
        self.booted_at = self.now + seconds

    # What a person can see

    @property
    def state(self) -> int:
        """Return the state as the controller counts it."""
        if self.fault:
            return self.fault
        if not self.plugged_in:
            return IDLE
        drawing = self.started and not self.car_full and self.car_max_a >= MINIMUM_A and self.offered_a
        return CHARGING if drawing else CONNECTED

    @property
    def offered_a(self) -> float:
        """Return what the car may draw on each phase, were a session started."""
        limit = self.settings["ChargeCurrentBoost" if self.boosted else "ChargeCurrent"]
        limits = [float(limit), float(self.cable_a or MAXIMUM_A)]
        if (available_w := self.available_w) is not None:
            limits.append(math.floor(available_w / VOLTS / self.phases))
        return amps if (amps := min(limits)) >= MINIMUM_A else 0.0

    @property
    def phases(self) -> int:
        """Return on how many phases it charges."""
        return 3 if self.settings["Charge3Phase"] else 1

    @property
    def drawn_a(self) -> float:
        """Return what the car draws on each phase."""
        return min(self.offered_a, self.car_max_a) if self.state == CHARGING else 0.0

    @property
    def drawn_w(self) -> float:
        """Return what the car draws."""
        return self.drawn_a * self.phases * VOLTS

    @property
    def available_w(self) -> float | None:
        """Return the power that it limits itself to; None: it does not."""
        if self.settings["Meter2Type"] == REMOTE:
            return self.supervisor_power_w
        if not self.settings["ControlStrategy"]:
            return None
        limit_w = float(self.settings["ControlLimit"])
        return max(0.0, limit_w - self.house_w) if limit_w else MAXIMUM_A * VOLTS * self.phases

    @property
    def start_stop_allowed(self) -> bool:
        """Return whether a session may be started or stopped."""
        return self.plugged_in and not self.fault and not self.start_stop_forbidden

    @property
    def boost_allowed(self) -> bool:
        """Return whether it may be boosted."""
        return self.start_stop_allowed and self.started

    # The physical world

    @override
    def tick(self, seconds: float) -> None:
        if self.is_offline:
            return
        hours = seconds / 3600
        self.session_wh += self.drawn_w * hours
        self.session_s += seconds if self.started else 0
        self.imported_wh[1] += self.drawn_w * hours
        self.imported_wh[2] += max(0.0, self.house_w + self.drawn_w) * hours
        for number in self.lost_meters:
            self.meter_errors[number] += 1

    # The protocol

    @override
    async def answer(self, request: Request) -> Response | None:
        if self.left_network:
            return None
        resource = request.path.removeprefix("/webapi/v1/")
        if request.method == "GET" and resource in (
            "Status",
            "SystemConfig",
            "SystemInfo",
            "Meter1",
            "Meter2",
        ):
            return Response.of(self.resource(resource))
        commands = {"EvseCtrl": self._control, "SystemConfig": self._configure, "SystemInfo": self._serve}
        if request.method == "POST" and resource in commands:
            try:
                body = json.loads(request.body)
            except ValueError:
                body = None
            if not isinstance(body, dict):
                return Response(b"", 400, "text/plain")
            self.peer = request.peer
            return Response.of(commands[resource](body))
        return Response(b"Nothing matches the given URI", 404, "text/html")

    def _control(self, body: dict[str, Any]) -> dict[str, str]:
        reply: dict[str, str] = {}
        for key, value in body.items():
            match key:
                case "ChargeStartToggle":
                    reply[key] = self._toggle("started", value, allowed=self.start_stop_allowed)
                    self.boosted = self.boosted and self.started
                case "ChargeBoostToggle":
                    reply[key] = self._toggle("boosted", value, allowed=self.boost_allowed)
                case "EVSEPowerAvailable":
                    reply[key] = self._supervise(value)
        return reply

    def _toggle(self, name: str, value: object, *, allowed: bool) -> str:
        if value is not True or not allowed:
            return NO_ACTION
        setattr(self, name, not getattr(self, name))
        self.toggles += 1
        return f"Set=>{getattr(self, name)}"

    def _supervise(self, value: object) -> str:
        if self.settings["Meter2Type"] != REMOTE or self.settings["Meter2Ip"] != self.peer:
            return NO_SUPERVISOR
        if not isinstance(value, int) or value < 0:
            return NO_ACTION
        self.supervisor_power_w = value
        return f"Set=>{value}"

    def _configure(self, body: dict[str, Any]) -> dict[str, str]:
        """Set what may be set."""
        reply = {}
        for key, value in body.items():
            if self._takes(key, value, body):
                self.settings[key] = value
                self.settings_written += 1
                reply[key] = f"Set=>{value}"
            else:
                reply[key] = NO_ACTION
        return reply

    def _takes(self, key: str, value: Any, body: dict[str, Any]) -> bool:
        if key in ("ChargeAutoStart", "Charge3Phase"):
            return isinstance(value, bool)
        if key in ("Meter1Ip", "Meter2Ip"):
            return isinstance(value, str) and value.count(".") == 3
        if key not in RANGES or not isinstance(value, int) or isinstance(value, bool):
            return False
        low, high = RANGES[key]
        if key in ("Meter1Type", "Meter2Type") and value >= IP_SDM72D_M:
            # "Setting the energy meter to IP type is possible only with setting the correct IP address simultaneously."
            return value <= high and bool(body.get(key.replace("Type", "Ip")))
        return low <= value <= high

    def _serve(self, body: dict[str, Any]) -> dict[str, str]:
        reply = {}
        # The table has SCode, the example Scode.
        code = body.get("SCode", body.get("Scode"))
        if code == "Reset":
            self.reboot()
            reply[code] = "Performing"
        elif code == "FactoryDefault":
            self.settings = dict(FACTORY)
            self.left_network = True
            reply[code] = "Performing"
        elif code == "WiFiSetToAP":
            self.left_network = True
            reply[code] = "Performing"
        elif code is not None:
            reply[str(code)] = NO_ACTION
        if "UpdateCheckToggle" in body:
            reply["UpdateCheckToggle"] = self._check_update(body["UpdateCheckToggle"])
        if "UpdateRunToggle" in body:
            reply["UpdateRunToggle"] = self._run_update(body["UpdateRunToggle"])
        return reply

    def _check_update(self, value: object) -> str:
        if value is not True:
            return NO_ACTION
        self.update_found = self.available_version not in (None, self.version)
        self.update_message = (
            f"New firmware available: {self.available_version}"
            if self.update_found
            else "Firmware is up to date"
        )
        return "Performing"

    def _run_update(self, value: object) -> str:
        if value is not True or not self.update_found or self.available_version is None:
            return NO_ACTION
        self.version = self.available_version
        self.reboot(UPDATE_S)
        return "Performing"

    # What it answers

    def resource(self, name: str) -> dict[str, Any]:
        """Return the answer to a GET, with the keys and spellings of this firmware."""
        answer: dict[str, Any]
        if name in ("Meter1", "Meter2"):
            return {name: self._meter(int(name[-1]))} | self.altered.get(name, {})
        answer = {"TimeStamp": self.uptime_ms, "SystemVersion": self.version}
        match name:
            case "Status":
                answer |= self._status()
            case "SystemConfig":
                answer |= self.settings
            case _:
                answer |= self._info()
        answer |= self.altered.get(name, {})
        return {key: value for key, value in answer.items() if key not in self.lost_keys}

    @property
    def uptime_ms(self) -> int:
        """Return for how long it has been up."""
        return round((self.now - self.booted_at) * 1000)

    def _status(self) -> dict[str, Any]:
        amps = self.offered_a if self.shows_offer and self.started else self.drawn_a
        seconds = round(self.session_s)
        hours, minutes = seconds // 3600, seconds // 60 % 60
        duration = (
            f"{hours:02}h:{minutes:02}m:{seconds % 60:02}s"
            if self.firmware.total_seconds
            else f"{hours:02}:{minutes:02}:{seconds % 60:02}"
        )
        status: dict[str, Any] = {
            "WiFiInfo": f"{self.ssid}:60%",
            "EvseState": self.state,
            "ThreePhaseCharging": self.phases == 3,
            "ActualCurrent": amps,
        }
        if self.cable_a is not None:
            status["PPCodedCurrent"] = self.cable_a
        status["ActualPower"] = round(amps * self.phases * VOLTS)
        if self.available_w is not None:
            status["ActualPowerAvailable"] = round(self.available_w)
        status |= {"ActualEnergy": round(self.session_wh * 3600), "ActualDuration": duration}
        if self.firmware.total_seconds:
            status["ActualDurationTotalSeconds"] = seconds
        return status | {
            "AutoStartAllowed": self.settings["ChargeAutoStart"],
            "StartStopAllowed": self.start_stop_allowed,
            "BoostAllowed": self.boost_allowed,
            "ChargerStarted": self.started,
            "ChargeBoosted": self.boosted,
            "Meter1Status": self.meter_errors[1],
            "Meter2Status": self.meter_errors[2],
        }

    def _info(self) -> dict[str, Any]:
        return {
            "ProductType": "01100200",
            "MAC": self.mac,
            "WiFiInfo": f"{self.ssid},RSSI:-49dB/68%",
            "HeapInfo": "0x022DF0/0x02D230",
            "GeneralInfo": "System: Failure free" if not self.fault else "System: Failure",
            "OTAMsg": self.update_message,
            "OTACheckAllowed": True,
            "OTAUpdateAllowed": self.update_found,
        }

    def _meter(self, number: int) -> dict[str, Any]:
        watts = self.drawn_w if number == 1 else self.house_w + self.drawn_w
        type_ = int(self.settings[f"Meter{number}Type"])
        return {
            "TimeStamp": self.uptime_ms,
            "ModbusData": {
                key: {
                    "Desc": description,
                    "ErrCounter": self.meter_errors[number],
                    "Value": _float32(value),
                    "DataStatus": "Not available"
                    if number in self.lost_meters or key in self.unavailable
                    else "Valid",
                }
                for key, description, value in _registers(type_, watts, self.imported_wh[number] / 1000)
            }
            | self.more_registers[number],
        }


def _registers(type_: int, watts: float, imported_kwh: float) -> list[tuple[str, str, float]]:
    """Return the registers of a meter; each is a float of two registers, so that addresses are even."""
    amps = watts / 3 / VOLTS
    match type_:
        case 1 | 4:
            return [
                ("0x04_0x0034", "TotalSystemPower[W]", watts),
                ("0x04_0x0048", "TotalImport[kWh]", imported_kwh),
                ("0x04_0x004a", "TotalExport[kWh]", 0),
                ("0x04_0x0156", "Total[kWh]", imported_kwh),
                ("0x04_0x0180", "ResettableTotalActiveEnergy[kWh]", imported_kwh),
                ("0x04_0x0184", "ResettableImportActiveEnergy[kWh]", imported_kwh),
                ("0x04_0x0186", "ResettableExportActiveEnergy[kWh]", 0),
                ("0x04_0x0500", "TotalImportActivePower[W]", max(0.0, watts)),
                ("0x04_0x0502", "TotalExportActivePower[W]", max(0.0, -watts)),
            ]
        case 2 | 5:
            return [
                *((f"0x04_0x{2 * phase:04x}", f"L{phase + 1}Voltage[V]", VOLTS) for phase in range(3)),
                *((f"0x04_0x{2 * phase + 6:04x}", f"L{phase + 1}Current[A]", amps) for phase in range(3)),
                ("0x04_0x0034", "TotalSystemPower[kW]", watts / 1000),
                ("0x04_0x003e", "TotalPowerFactor", 0.98),
                ("0x04_0x0046", "Frequency[Hz]", 50.02),
                ("0x04_0x0048", "TotalImport[kWh]", imported_kwh),
                ("0x04_0x004a", "TotalExport[kWh]", 0),
                ("0x04_0x00e0", "NeutralCurrent[A]", 0),
                ("0x04_0x0156", "Total[kWh]", imported_kwh),
            ]
        case 3 | 6:
            return [
                ("0x04_0x0000", "Voltage[V]", VOLTS),
                ("0x04_0x0006", "Current[A]", watts / VOLTS),
                ("0x04_0x000c", "ActivePower[W]", watts),
                ("0x04_0x0046", "Frequency[Hz]", 50.02),
                ("0x04_0x0048", "ImportActiveEnergy[kWh]", imported_kwh),
                ("0x04_0x004a", "ExportActiveEnergy[kWh]", 0),
                ("0x04_0x0156", "TotalActiveEnergy[kWh]", imported_kwh),
            ]
    return []


def _float32(value: float) -> float:
    """Return a number with the digits that come of printing a 32-bit float as a 64-bit one."""
    (result,) = struct.unpack("f", struct.pack("f", value))
    return float(result)
