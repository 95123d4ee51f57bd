"""A Lektrico on a socket: a charger (1P7K, 3P22K) with a car, or an energy meter (EM, 3EM) with a house.

Faithful to the vendor's "Charger local API" of 02.2023 and to what its own client reads of older and newer firmware, from
1.23 to 2.0. No difference from the firmware is known. What is not known, and what was assumed:

- how long a restart takes (10 s) and an update (60 s);
- which methods came with which firmware: those of NEW_METHODS and MISSING_IN_1_23 are missing before 1.41, where the
  vendor's client of that time reads the answers of all others;
- whether the life's energy of Counters_config.Get is in whole kWh, as the document has it: it is a float, as the one of
  Charger_info.Get is on the wire in spite of the document;
- whether Charger_info.Get has the relay mode: only Dynamic_current.Get, from 1.51 on, 0 where it cannot be switched; and whether
  a new limit alone changes it: it does not;
- since when it has `em_current`: 1.47; and since when it names an overtemperature as the reason of its limit: 1.51;
- when it names the reasons 9, 10 and 11: never, a user's limit has 2;
- which faults lead to state E and which to F (all to E), and which cars to D (none);
- which firmware shows voltages of 0 while no car charges: none;
- the limit of the cable: 32 A, and 0 without a car;
- whether a new limit may end charging for a moment: it does not;
- whether an energy meter of before 1.4x has `auto_update`: it has;
- how GET /rpc/method?key=value types its values: as JSON, and as a text what is none;
- the body and the status of an error, and of a missing log-in: switches of the constructor choose;
- whether a charger that asks for a card starts without a tag: it does not, though it accepts the command; which tags it
  takes: all;
- whether locking ends a session: it does;
- whether a limit ends a pause, and whether a limit of 0 shows as one: switches of the constructor choose;
- what holds outside all intervals of the schedule (no limit), where they overlap (the first), and how many it keeps (all);
- whether the box checks a light template: it does;
- what a factory reset leaves: its Wi-Fi and its counters;
- what follows a second owner: error -1 before 2.0, then -7.
"""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import json
import math
import re
import time
from typing import Any, ClassVar, override

from .base import Emulator, Request, Response

VOLTS = 230.0
HARDWARE_A = 32
# A Mongoose OS device starts in seconds, then it has to find its Wi-Fi again.
RESTART_S = 10
UPDATE_S = 60

# The error codes of the document; -7 is newer, 404 is from Mongoose OS, below all methods.
GENERAL, FORMAT, LENGTH, RANGE, TYPE, UNKNOWN, PROHIBITED = range(-1, -8, -1)
NO_HANDLER = 404

HARDWARE, INSTALLATION, USER, DYNAMIC, SCHEDULE, EM_OFFLINE, EM, OCPP = range(8)
OVERTEMPERATURE, SWITCHING_PHASES = 8, 9

FAULTS = (
    "state_e_activated", "overtemp", "critical_temp", "overcurrent", "meter_fault", "voltage_error", "rcd_error",
    "rcd_test_error", "rcd_err_pin_error", "rcd_err6_pin_error", "rcd_init_start_error", "rcd_init_end_error",
    "state_f_activated", "contactor_failure", "cp_diode_failure", "undervoltage_error", "overvoltage_error",
)  # fmt: skip
# It only throttles.
OVERTEMP = "overtemp"

MODELS = {
    "1p7k": "1p7k_500006",
    "3p22k": "3p22k_500123",
    "em": "m2w_810172",
    "3em": "m2w_830017",
}
# Not in the document of 02.2023, and known from clients of later firmware only.
NEW_METHODS = frozenset({"device_id.get"})
# In the document, which may be of later firmware; a client has to live without.
MISSING_IN_1_23 = frozenset({"em_current.set", "em_current.get", "em_status.get", "system_currents.get"})


# Private data of an owner.
SECRETS: dict[str, Any] = {
    "charger_alias": "Anna's charger",
    "latitude": 52.37281,
    "longitude": 4.89361,
    "ocpp_server_link": "ws://ocpp.example/charge-box-7",
    "owner_id": "owner-4815162",
    "em_id": "m2w_810999",
    "chargers_list": "1p7k_500777",
    "timezone": "Europe/Amsterdam",
}


class RpcError(Exception):
    """A command or a question that is answered with an error."""

    def __init__(self, code: int) -> None:
        """Keep its number."""
        super().__init__(code)
        self.code = code


@dataclass
class Key:
    """A key of App_config: its value, and what Set takes for it."""

    value: Any
    low: float = -math.inf
    high: float = math.inf
    once: bool = False


def charger_keys(release: tuple[int, ...]) -> dict[str, Key]:
    """Return chapter 3 of the document, with its defaults."""
    keys = {
        "headless": Key(value=True),
        "install_current": Key(6, 6, 32),
        "led_max_brightness": Key(10 if release >= (2, 0) else 100, 10, 100),
        "led_dimming_delay": Key(0, 0, 2**31 - 1),
        "charger_locked": Key(value=False),
        "led_template_enabled": Key(value=False),
        "led_template": Key(None),
        "charger_alias": Key(None),
        "latitude": Key(0.0),
        "longitude": Key(0.0),
        "ocpp_server_link": Key(None),
        "connected_phase": Key(0, 1, 3),
        "owner_id": Key(None, once=True),
        "gmt_offset": Key(0, -12, 12),
        "precise_pwm_mode": Key(value=False),
        "energy_management_enabled": Key(value=False),
        "charging_schedule_enabled": Key(value=False),
        "em_id": Key(None),
        "timezone": Key(None),
    }
    if release >= (1, 41):
        keys["user_current"] = Key(32, 6, 32)
    if release >= (2, 0):
        keys["auto_update"] = Key(value=True)
    return keys


def meter_keys(release: tuple[int, ...]) -> dict[str, Key]:
    """Return the keys of an energy meter."""
    keys = {
        "breaker_rating": Key(32, 10, 1000),
        "load_balancing_mode": Key(0, 0, 4 if release >= (2, 0) else 3),
        "lb_meter_type": Key("Onboard"),
        "lb_pv_minimum_current": Key(6, 1, 6),
        "reverse_current": Key(value=False),
        "lb_hybrid_current": Key(6, 6, 32),
        "lb_meter_offline_current": Key(6, 6, 32),
        "car_minimum_current": Key(6, 6, 10),
        "energy_management_enabled": Key(value=True),
        "auto_update": Key(value=True),
        "chargers_list": Key(""),
        "owner_id": Key("", once=True),
    }
    if release >= (2, 0):
        keys |= {
            "green_forced_single_phase": Key(value=False),
            "hybrid_forced_single_phase": Key(value=False),
        }
    return keys


class LektricoEmulator(Emulator):
    """One box; currents are amperes, energies watt-hours."""

    name: ClassVar[str] = "Lektrico"
    buttons: ClassVar[dict[str, str]] = {
        "plug_in": "plug the car in",
        "unplug": "unplug the car",
        "draw": "let the car draw at most VALUE A on each phase (32)",
        "pause": "pause in the app",
        "resume": "resume in the app",
        "swipe": "hold the card VALUE to the reader",
        "lock": "lock it in the app",
        "unlock": "unlock it in the app",
        "relay": "connect VALUE phases in the app, 1 or 3 (1)",
        "limit": "let the energy meter allow VALUE A (16)",
        "house": "let the house draw VALUE A on each phase, below 0 it exports (2)",
        "fail": "raise the error VALUE, such as overcurrent, rcd_error, overtemp",
        "clear": "clear all active errors",
        "offer_update": "publish firmware VALUE",
        "reboot": "restart the box",
        "break_line": "let the line fail in the way VALUE (silent, cut, html, busy ...), or ok",
    }

    def __init__(
        self,
        model: str = "1p7k",
        firmware: str = "1.51",
        *,
        device_id: str | None = None,
        install_current: int = 16,
        username: str = "",
        password: str = "",
        empty_for_401: bool = False,
        errors_with_200: bool = False,
        no_handler: bool = True,
        limit_resumes: bool = False,
        zero_is_pause: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Start unplugged.

        The switches choose between two likely ways of the box: an empty answer or status 401 without a log-in; 200 or
        500 with an error; 404 or -6 for an unknown method; whether a limit of 6 A or more ends a pause that a person
        made, and whether a limit of 0 shows as such a pause.
        """
        super().__init__(clock=clock)
        self.device_id = device_id or MODELS[model]
        self.is_charger = not self.device_id.startswith("m2w")
        self.phases = 3 if model.startswith("3") else 1
        self.firmware = firmware
        self.username, self.password = username, password
        self.empty_for_401 = empty_for_401
        self.errors_with_200 = errors_with_200
        self.no_handler = no_handler
        self.limit_resumes = limit_resumes
        self.zero_is_pause = zero_is_pause
        self.answers_instead: dict[str, Any] = {}
        self.fails_with: dict[str, int] = {}
        self.frame_changes: dict[str, Any] = {}
        self.lost_keys: set[str] = set()

        self.keys = charger_keys(self.release) if self.is_charger else meter_keys(self.release)
        if self.is_charger:
            self.keys["install_current"].value = install_current
        self.schedule: list[dict[str, int]] = []
        self.keeps_intervals: int | None = None
        self.ap_password: str | None = None
        self.factory_resets = 0
        self.total_wh = 1_861_119.0
        self.sessions, self.restarts, self.total_s = 626, 4, 3_000_000.0
        self.last_session_wh = 7200.0
        self.logged: set[str] = set()
        self.new_firmware: str | None = None

        self.plugged_in = False
        self.car_max_a = 32.0
        self.car_phases = 3
        self.house_a = 2.0
        self.cards = {"04A1B2C3D4E5F6"}
        self.board_c = 23.7
        self._boot()

    def _boot(self) -> None:
        """Forget what is not kept in flash."""
        self.dynamic_current = HARDWARE_A
        self.em_current = HARDWARE_A
        self.relay_mode = self.phases
        self.em_offline = False
        self.errors: set[str] = set()
        self.is_paused = False
        self.stopped = False
        self.authorized = False
        self.tag = ""
        self.overridden = False
        self.session_wh, self.session_s = 0.0, 0.0
        self.updating_until = 0.0
        self._reset_after_session = False

    @property
    def release(self) -> tuple[int, ...]:
        """Return the firmware's number for comparison: 1.45_beta is (1, 45)."""
        return tuple(int(part) for part in self.firmware.partition("_")[0].split("."))

    # What a person does

    def plug_in(self) -> None:
        """Plug the car in."""
        if not self.plugged_in:
            self.sessions += 1
        self.plugged_in, self.stopped, self.overridden = True, False, False
        self.session_wh = self.session_s = 0.0
        self.tick(0)

    def unplug(self) -> None:
        """Unplug the car."""
        if self.plugged_in:
            self.last_session_wh = self.session_wh
        self.plugged_in = self.authorized = self.stopped = self.overridden = False
        self.tick(0)

    def draw(self, amps: float = 32, phases: int = 3) -> None:
        """Let the car draw so much where it may; 0 is a full battery."""
        self.car_max_a, self.car_phases = float(amps), phases

    def pause(self) -> None:
        """Pause in the vendor's app."""
        self.is_paused = True

    def resume(self) -> None:
        """Resume in the vendor's app."""
        self.is_paused = False

    def swipe(self, card: str = "04A1B2C3D4E5F6") -> None:
        """Hold a card to the reader."""
        self.authorized = self.authorized or card in self.cards

    def lock(self) -> None:
        """Lock it in the vendor's app."""
        self.keys["charger_locked"].value = True

    def unlock(self) -> None:
        """Unlock it in the vendor's app."""
        self.keys["charger_locked"].value = False

    def relay(self, phases: float = 1) -> None:
        """Connect so many phases in the vendor's app; three-phase chargers only."""
        if phases not in ((1, 3) if self.phases == 3 else (1,)):
            raise ValueError(f"no such phases: {phases}")
        self.relay_mode = int(phases)

    def limit(self, amps: float = 16) -> None:
        """Let an energy meter allow so much; 0 pauses."""
        if amps != 0 and not 6 <= amps <= HARDWARE_A:
            raise ValueError(f"no such limit: {amps}")
        self.keys["energy_management_enabled"].value = True
        self.em_current = int(amps)

    def house(self, amps: float = 2) -> None:
        """Let the house draw so much on each phase; below 0 it exports."""
        self.house_a = float(amps)

    def fail(self, fault: str = "overcurrent") -> None:
        """Raise an error."""
        if fault not in FAULTS:
            raise ValueError(f"no such error: {fault}")
        self.errors.add(fault)
        self.logged.add(fault)

    def clear(self) -> None:
        """Clear all active errors; the logged ones stay."""
        self.errors.clear()

    def offer_update(self, firmware: str = "2.0") -> None:
        """Publish newer firmware, which is installed when the box is commanded to look for it."""
        if not all(part.isdecimal() for part in firmware.split(".")):
            raise ValueError(f"no such firmware: {firmware}")
        self.new_firmware = firmware

    def reboot(self) -> None:
        """Restart: gone for a while, then without what is not in flash."""
        self.be_offline(RESTART_S)
        self.restarts += 1
        self._boot()

    def settle_in(self) -> None:
        """Fill in what an owner fills in."""
        for key in SECRETS.keys() & self.keys.keys():
            self.keys[key].value = SECRETS[key]

    # What can be seen

    @property
    def state(self) -> str:
        """Return the extended state."""
        if self.now < self.updating_until:
            return "OTA"
        if self.errors - {OVERTEMP}:
            return "E"
        if self._value("charger_locked"):
            return "LOCKED"
        if not self.plugged_in:
            return "A"
        if not self._value("headless") and not self.authorized:
            return "B_AUTH"
        if self.is_paused or self.dynamic_current == 0 or (self._is_managed and self.em_current == 0):
            return "B_PAUSE"
        if self._schedule_a == 0:
            return "B_SCHEDULER"
        if self.stopped or self.car_max_a < 6:
            return "B"
        return "C"

    @property
    def letter(self) -> str:
        """Return the state of IEC 61851."""
        if self.state in ("A", "B", "C", "E"):
            return self.state
        return "B" if self.plugged_in else "A"

    @property
    def limits(self) -> dict[int, int]:
        """Return all that limits the current, by its reason."""
        limits = {
            HARDWARE: HARDWARE_A,
            INSTALLATION: self._value("install_current"),
            USER: self.keys["user_current"].value if "user_current" in self.keys else HARDWARE_A,
            DYNAMIC: self.dynamic_current,
            SCHEDULE: HARDWARE_A if self._schedule_a is None else self._schedule_a,
        }
        if self._is_managed:
            limits[EM_OFFLINE if self.em_offline else EM] = self.em_current
        if OVERTEMP in self.errors and self.release >= (1, 51):
            limits[OVERTEMPERATURE] = 6
        return limits

    @property
    def allows_a(self) -> int:
        """Return what it would let a car draw on each phase."""
        if self.is_paused or self._value("charger_locked"):
            return 0
        return min(self.limits.values())

    @property
    def currents_a(self) -> list[float]:
        """Return what the car draws on each phase."""
        amps = min(self.allows_a, self.car_max_a) if self.state == "C" else 0.0
        phases = min(self.relay_mode, self.car_phases)
        return [amps if phase < phases else 0.0 for phase in range(3)]

    @property
    def power_w(self) -> float:
        """Return what the car draws in all."""
        return sum(self.currents_a) * VOLTS

    @property
    def _is_managed(self) -> bool:
        return bool(self._value("energy_management_enabled"))

    @property
    def _schedule_a(self) -> int | None:
        """Return what the schedule allows now; None: it allows all."""
        if not self._value("charging_schedule_enabled") or self.overridden:
            return None
        local = datetime.fromtimestamp(self.now, UTC) + timedelta(hours=self._value("gmt_offset"))
        now = (local.isoweekday(), local.hour, local.minute)
        for part in self.schedule:
            start = (part["start_d"], part["start_h"], part["start_m"])
            end = (part["end_d"], part["end_h"], part["end_m"])
            if start <= now < end or (end < start and not end <= now < start):
                return part["current"]
        return None

    def _value(self, key: str) -> Any:
        return self.keys[key].value

    def commands(self) -> list[tuple[str, Any]]:
        """Return the commands that came in, in frames: method and parameters."""
        frames = [
            json.loads(call.body) for call in self.calls if call.method == "POST" and call.path == "/rpc"
        ]
        return [(frame["method"], frame.get("params")) for frame in frames]

    def reads(self) -> list[str]:
        """Return the methods that were asked by GET."""
        return [call.path.removeprefix("/rpc/") for call in self.calls if call.method == "GET"]

    # The physical world

    @override
    def tick(self, seconds: float) -> None:
        if self.updating_until and self.now >= self.updating_until:
            self.firmware = self.new_firmware or self.firmware
            self.new_firmware = None
            self.reboot()
        if self._reset_after_session and self.state != "C":
            self.reboot()
        if self.is_charger and self.state == "C":
            watt_hours = self.power_w * seconds / 3600
            self.total_wh += watt_hours
            self.session_wh += watt_hours
            self.session_s += seconds
            self.total_s += seconds

    # The protocol

    @override
    async def answer(self, request: Request) -> Response | None:
        self.tick(0)
        if not self._is_let_in(request):
            if self.empty_for_401:
                return Response(b"")
            return Response(b"", 401, "text/plain", headers={"WWW-Authenticate": 'Basic realm="Lektrico"'})
        if request.path == "/rpc" and request.method == "POST":
            return self._frame(request.body)
        if not request.path.startswith("/rpc/"):
            return Response(b"<html><body>Not Found</body></html>", 404, "text/html")
        try:
            params = _lenient(request.body) if request.body else _typed_query(request.query)
            return Response.of(self._call(request.path.removeprefix("/rpc/"), params))
        except ValueError:
            return self._failed(FORMAT)
        except RpcError as error:
            return self._failed(error.code)

    def _is_let_in(self, request: Request) -> bool:
        if not self.password:
            return True
        wanted = b64encode(f"{self.username}:{self.password}".encode()).decode()
        return request.headers.get("authorization") == f"Basic {wanted}"

    def _failed(self, code: int) -> Response:
        """Answer a bare question with an error.

        Mongoose OS answers 404 where there is no such method and 500 otherwise, with this body.
        """
        status = 200 if self.errors_with_200 else 404 if code == NO_HANDLER else 500
        return Response(json.dumps({"code": code, "message": f"error {code}"}).encode(), status)

    def _frame(self, body: bytes) -> Response:
        try:
            frame = _lenient(body)
            reply = {"id": frame["id"], "src": self.device_id, "dst": frame["src"]}
            method, params = str(frame["method"]), frame.get("params", {})
        except ValueError, KeyError, TypeError:
            return self._failed(FORMAT)
        try:
            reply["result"] = self._call(method, params)
        except RpcError as error:
            # With status 200, as of Mongoose OS.
            reply["error"] = {"code": error.code, "message": f"error {error.code}"}
        changed = {key: value for key, value in (reply | self.frame_changes).items() if value is not None}
        return Response.of(changed)

    def _call(self, method: str, params: Any) -> Any:
        """Carry out a method, whatever its capitals."""
        method = method.lower()
        known = self._charger_methods if self.is_charger else self._meter_methods
        handler = known.get(method)
        too_new = self.is_charger and self.release < (1, 41) and method in NEW_METHODS | MISSING_IN_1_23
        if handler is None or too_new:
            raise RpcError(NO_HANDLER if self.no_handler else UNKNOWN)
        if not isinstance(params, dict):
            raise RpcError(FORMAT)
        if method in self.fails_with:
            raise RpcError(self.fails_with[method])
        if method in self.answers_instead:
            return self.answers_instead[method]
        result = handler(params)
        self.tick(0)
        if isinstance(result, dict):
            return {key: value for key, value in result.items() if key not in self.lost_keys}
        return result

    @property
    def _common_methods(self) -> dict[str, Callable[[dict[str, Any]], Any]]:
        return {
            "device_id.get": lambda _: {"device_id": self.device_id},
            "app_config.get": lambda _: {key: entry.value for key, entry in self.keys.items()},
            "app_config.set": self._set_config,
            "sw_version.get": lambda _: {
                "fw_version": self.firmware,
                "fw_id": f"20230109-124642/v{self.firmware}-36-g56a3edd",
            },
            "wifi_status.get": lambda _: {
                "connected": True,
                "sta_ip": "192.0.2.44",
                "sta_name": "emulated_wifi",
                "rssi": -61,
                "bssid": "00:11:22:33:44:55",
            },
            "device.reset": self._reset,
        }

    @property
    def _meter_methods(self) -> dict[str, Callable[[dict[str, Any]], Any]]:
        return self._common_methods | {
            "m2w_config.get": lambda _: {"serial_number": self.serial, "board_revision": "D"},
            "meter_info.get": lambda _: self.meter_info(),
            "load_balancing_mode.get": lambda _: {"load_balancing_mode": self._value("load_balancing_mode")},
            "load_balancing_mode.set": lambda params: self._set_config(
                {
                    "config_key": "load_balancing_mode",
                    "config_value": _given(params, "load_balancing_mode"),
                }
            ),
        }

    @property
    def _charger_methods(self) -> dict[str, Callable[[dict[str, Any]], Any]]:
        return self._common_methods | {
            "charger_info.get": lambda _: self.charger_info(),
            "charger_config.get": lambda _: {
                "overtemp_threshold": 65,
                "critical_temp_threshold": 75,
                "voltage_gain": 1.0,
                "current_gain": 1.0,
                "calibration_temperature": 25.0,
                "rcd_enabled": True,
                "serial_number": self.serial,
                "board_revision": "B",
                "temp_offset": 0.0,
            },
            "device_info.get": lambda _: {
                "device_id": self.device_id,
                "connected_phase": self._value("connected_phase"),
                "fw_version": self.firmware,
                "charger_alias": self._value("charger_alias"),
            },
            "charge.start": self._start,
            "charge.stop": self._stop,
            "charge.pause": lambda _: self._do(self.pause),
            "charge.resume": lambda _: self._do(self.resume),
            "logged_errors.get": lambda _: self._flags(self.logged),
            "logged_errors.reset": lambda _: self._do(self.logged.clear),
            "active_errors.get": lambda _: self._flags(self.errors),
            "system_currents.get": lambda _: self.system_currents(),
            "counters_config.get": lambda _: {
                "total_charged_time": int(self.total_s / 60),
                "total_charged_sessions": self.sessions,
                "total_charged_energy": round(self.total_wh / 1000, 3),
                "reset_counter": self.restarts,
                "last_session_energy": int(self.last_session_wh),
            },
            "ota.verify": self._verify_update,
            "factory.reset": self._factory_reset,
            "ap_password.set": self._set_ap_password,
            "charging_schedule.get": lambda _: {"charging_schedule": self.schedule},
            "charging_schedule.set": self._set_schedule,
            "charging_schedule.override": self._override,
            "dynamic_current.get": lambda _: (
                {"dynamic_current": self.dynamic_current}
                # The client reads it from three-phase chargers only; one client saw a 0 on the other ones.
                | (
                    {"relay_mode": self.relay_mode if self.phases == 3 else 0}
                    if self.release >= (1, 51)
                    else {}
                )
            ),
            "dynamic_current.set": self._set_dynamic_current,
            "em_current.get": lambda _: {"EM_current": self.em_current},
            "em_current.set": self._set_em_current,
            "em_status.get": lambda _: {"em_offline": self.em_offline},
        }

    @property
    def serial(self) -> int:
        """Return the number in its id."""
        return int(self.device_id.rpartition("_")[2])

    @serial.setter
    def serial(self, serial: int) -> None:
        self.device_id = f"{self.device_id.rpartition('_')[0]}_{serial}"

    def charger_info(self) -> dict[str, Any]:
        """Answer what every client polls, with the keys that this firmware has."""
        currents = [round(amps, 3) for amps in self.currents_a]
        volts = [VOLTS if phase < self.phases else 0 for phase in range(3)]
        info = {
            "charger_state": self.letter,
            "session_energy": round(self.session_wh, 2),
            "charging_time": int(self.session_s),
            "session_id": self.sessions,
            "instant_power": round(self.power_w, 2),
            "current": currents[0],
            "voltage": volts[0],
            "temperature": self.board_c,
            "energy_index": round(self.session_wh, 2),
        }
        if self.release >= (1, 41):
            limits = self.limits
            reason = min(limits, key=lambda reason: (limits[reason], reason))
            info |= {
                "total_charged_energy": round(self.total_wh / 1000, 3),
                "headless": self._value("headless"),
                "led_max_brightness": self._value("led_max_brightness"),
                "install_current": self._value("install_current"),
                "dynamic_current": self.dynamic_current,
                "fw_version": self.firmware,
                "currents": currents,
                "current_limit_reason": reason,
                "voltages": volts,
                "extended_charger_state": self.state,
                "has_active_errors": bool(self.errors),
                "charger_is_paused": self.is_paused or (self.zero_is_pause and self.dynamic_current == 0),
                # It never rests.
                "heap_free": 29_000 + int(self.now * 1000) % 997,
                "pwm_current": self.allows_a if self.state == "C" else 0,
            }
        if self.release >= (1, 47):
            info["em_current"] = self.em_current
        return info

    def system_currents(self) -> dict[str, int]:
        """Answer what each of the limits is."""
        return {
            "cable_current": 32 if self.plugged_in else 0,
            "install_current": self._value("install_current"),
            "dynamic_current": self.dynamic_current,
            "user_current": self.limits[USER],
            "charging_current": int(self.currents_a[0]),
            "system_max_current": HARDWARE_A,
            "schedule_current": self.limits[SCHEDULE],
            "ocpp_current": HARDWARE_A,
            "em_current": self.em_current,
        }

    def meter_info(self) -> dict[str, list[float]]:
        """Answer what an energy meter measures; import is positive."""
        on = [phase < self.phases for phase in range(3)]
        return {
            "current": [abs(self.house_a) if each else 0.0 for each in on],
            "voltage": [VOLTS if each else 0.0 for each in on],
            "active_p": [self.house_a * VOLTS if each else 0.0 for each in on],
            "power_factor": [0.98 if each else 0.0 for each in on],
        }

    def _flags(self, raised: set[str]) -> dict[str, bool]:
        flags = {fault: fault in raised for fault in FAULTS}
        if self.release >= (1, 41):
            del flags["voltage_error"]
            return flags
        # The names of old firmware: one flag for all voltages, and another name for state E.
        voltage = {"undervoltage_error", "overvoltage_error"}
        flags["voltage_error"] = any(flags.pop(fault) for fault in voltage) or "voltage_error" in raised
        flags["state_machine_e_activated"] = flags.pop("state_e_activated")
        return flags

    # Commands

    def _do(self, act: Callable[[], None]) -> bool:
        act()
        return True

    def _start(self, params: dict[str, Any]) -> bool:
        if "tag" in params:
            self.tag = _typed(params["tag"], str)
            self.authorized = True
        self.stopped = False
        return True

    def _stop(self, _: dict[str, Any]) -> bool:
        self.stopped, self.authorized = True, False
        return True

    def _set_config(self, params: dict[str, Any]) -> bool:
        key, value = _typed(_given(params, "config_key"), str), _given(params, "config_value")
        if (entry := self.keys.get(key)) is None:
            raise RpcError(UNKNOWN)
        if entry.once and entry.value:
            raise RpcError(PROHIBITED if self.release >= (2, 0) else GENERAL)
        kind = str if entry.value is None else type(entry.value)
        _typed(value, kind)
        if kind is not str and not entry.low <= value <= entry.high:
            raise RpcError(RANGE)
        if key == "led_template":
            parts = value.split(",")
            if len(parts) != 12 or not all(part.isdecimal() and int(part) <= 255 for part in parts):
                raise RpcError(FORMAT)
        entry.value = value
        return True

    def _set_dynamic_current(self, params: dict[str, Any]) -> bool:
        amps = _amperes(_given(params, "dynamic_current"))
        mode = _typed(params.get("relay_mode", self.relay_mode), int)
        if mode not in ((1, 3) if self.phases == 3 else (self.relay_mode,)):
            raise RpcError(RANGE)
        self.dynamic_current, self.relay_mode = amps, mode
        if amps and self.limit_resumes:
            self.is_paused = False
        return True

    def _set_em_current(self, params: dict[str, Any]) -> bool:
        self.em_current = _amperes(_given(params, "EM_current"))
        return True

    def _set_schedule(self, params: dict[str, Any]) -> bool:
        parts = _typed(_given(params, "charging_schedule"), list)
        limits = {"d": (1, 7), "h": (0, 23), "m": (0, 59)}
        for part in parts:
            for end in ("start", "end"):
                for unit, (low, high) in limits.items():
                    if not low <= _typed(_given(part, f"{end}_{unit}"), int) <= high:
                        raise RpcError(RANGE)
            _amperes(_given(part, "current"))
        self.schedule = parts[: self.keeps_intervals]
        return True

    def _override(self, _: dict[str, Any]) -> bool:
        self.overridden = True
        return True

    def _set_ap_password(self, params: dict[str, Any]) -> bool:
        password = _typed(_given(params, "password"), str)
        if password and not 8 <= len(password) <= 63:
            raise RpcError(LENGTH)
        self.ap_password = password
        return True

    def _verify_update(self, _: dict[str, Any]) -> bool:
        if self.new_firmware is not None:
            self.updating_until = self.now + UPDATE_S
        return True

    def _reset(self, _: dict[str, Any]) -> bool:
        if self.is_charger:
            self._reset_after_session = True
        else:
            self.reboot()
        return True

    def _factory_reset(self, _: dict[str, Any]) -> bool:
        self.keys = charger_keys(self.release)
        self.schedule, self.ap_password = [], None
        self.factory_resets += 1
        return True


class LektricoMeterEmulator(LektricoEmulator):
    """An energy meter, with the buttons of one."""

    name: ClassVar[str] = "Lektrico 3EM"
    buttons: ClassVar[dict[str, str]] = {
        key: LektricoEmulator.buttons[key] for key in ("house", "reboot", "break_line")
    }

    def __init__(self) -> None:
        """Measure a house on three phases."""
        super().__init__("3em", "2.0")


def _lenient(body: bytes) -> Any:
    """Return the JSON of a body, in which the quotes around keys may be missing."""
    try:
        return json.loads(body)
    except ValueError:
        quoted = re.sub(
            rb'"(?:\\.|[^"\\])*"|([A-Za-z_]\w*)(?=\s*:)',
            lambda found: b'"%s"' % found[1] if found[1] else found[0],
            body,
        )
        return json.loads(quoted)


def _typed_query(query: dict[str, str]) -> dict[str, Any]:
    """Return the parameters of a query: a value that is JSON as that, any other as a text."""
    params: dict[str, Any] = {}
    for key, text in query.items():
        try:
            params[key] = json.loads(text)
        except ValueError:
            params[key] = text
    return params


def _given(params: dict[str, Any], key: str) -> Any:
    if key not in params:
        raise RpcError(FORMAT)
    return params[key]


def _typed(value: Any, kind: type) -> Any:
    """Return the value if it is of this kind: a string is no number here, nor is a truth value."""
    number = kind is float and type(value) is int
    if not number and type(value) is not kind:
        raise RpcError(TYPE)
    return value


def _amperes(value: Any) -> int:
    """Return a current that a car can have."""
    amps: int = _typed(value, int)
    if amps != 0 and not 6 <= amps <= HARDWARE_A:
        raise RpcError(RANGE)
    return amps
