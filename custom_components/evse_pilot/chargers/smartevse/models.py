"""State of a SmartEVSE, read from GET /settings, in amperes, watts and watt-hours.

Firmware generations are distinguished by the keys that are present, not by the version: it may be a bare build stamp.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
import re
from typing import Any

from ..errors import ChargerProtocolError
from ..fields import Fields
from ..types import Identity, Status
from ..wire import block, first, flag, integer, moment, number, numbered, redacted, scaled, text, word
from .words import (
    Access,
    CapacityMode,
    Error,
    Led,
    LockType,
    Mode,
    PowerShare,
    RfidReader,
    RfidStatus,
    Rgb,
    SecondContactor,
    Stage,
)

# Wider than any house, so that only nonsense falls outside.
_CURRENT_A = 2000.0
_MINIMUM_A = 6.0
_POWER_W = 1_000_000.0
_ENERGY_WH = 1e12

_MODES = {mode.value.upper(): mode for mode in Mode}
# evse.mode counts differently from mode_id.
_UNDERLYING_MODES = (Mode.NORMAL, Mode.SMART, Mode.SOLAR)
_POWER_SHARES = (PowerShare.DISABLED, PowerShare.MASTER, *[PowerShare.NODE] * 7)
# 6 has meant two things, which only the name distinguishes.
_ERRORS = (*tuple(Error)[:6], None, Error.TEST_IO, Error.FLASH)
_CHARGING_STAGES = frozenset(
    {Stage.CHARGING, Stage.CHARGING_VENTILATED, Stage.REQUEST_STATE_C, Stage.STATE_C_OK, Stage.STOP_CHARGING}
)
_HARMLESS_ERRORS = {
    Error.NONE: None,
    Error.RCM_TEST: None,
    Error.NO_POWER_AVAILABLE: Status.WAITING_FOR_POWER,
    Error.WAITING_FOR_SOLAR: Status.WAITING_FOR_SOLAR,
}
_ASKS_FOR_CARD = frozenset({RfidReader.ENABLE_ALL, RfidReader.ENABLE_ONE, RfidReader.REMOTE})
_LIGHT = {"ON": True, "DIMMED": True, "OFF": False}
_LINK = {"Connected": True, "Disconnected": False}

_DISABLED = "Disabled"
_SERIAL_IN_NAME = re.compile(r"smartevse[-/](\d{1,10})(?:$|[./])", re.IGNORECASE)
_MARKERS = frozenset({"mode", "mode_id", "car_connected", "evse", "settings", "ev_meter", "phase_currents"})

_PUBLIC_TEXTS = frozenset(
    {
        *("version", "mode", "status", "state", "error", "rfidreader", "rfid", "access", "car_connected"),
        *("connected", "enable_C2", "modem", "mains_meter", "description"),
    }
)
_PRIVATE = frozenset({"serialnr", "ssid", "bssid", "rfid_lastread", "required_evccid", "evccid", "auth_key"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Currents:
    """Three phases, and their sum as the charger adds it; import and charging are positive."""

    l1_a: float | None
    l2_a: float | None
    l3_a: float | None
    total_a: float | None

    @property
    def phases_a(self) -> tuple[float | None, float | None, float | None]:
        """Return L1, L2 and L3."""
        return (self.l1_a, self.l2_a, self.l3_a)


class _Answer:
    """One answer to GET /settings: its blocks, and what several fields need."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw
        # Firmware of 2022 had access, temp and more at the top level; the block's own keys win.
        self.evse = evse = {**raw, **block(raw, "evse")}
        self.settings, self.eth = block(raw, "settings"), block(raw, "eth")
        self.setting = self.settings.get
        self.mqtt, self.car = block(raw, "mqtt"), block(raw, "ev_state")
        self.circuit = block(raw, "circuit_meter")
        ocpp, battery = block(raw, "ocpp"), block(raw, "home_battery")
        self.ocpp = {} if ocpp.get("mode") == _DISABLED else ocpp
        # Before the first feed since a restart the charger shows 0, which means nothing.
        self.battery = battery if battery.get("last_update") else {}
        self.mode = word(raw.get("mode"), _MODES) or numbered(Mode, raw.get("mode_id"))
        # Whether a car may charge, as a truth value, or since the firmware that brought PAUSE as a number.
        access = evse.get("access")
        allowed = flag(access)
        self.access = numbered(Access, access if allowed is None else int(allowed))
        self.stage = numbered(Stage, evse.get("state_id"))
        # The one visible error is behind the text of the state while there is no power or no sun.
        _, hidden, suffix = (text(evse.get("state")) or "").partition(" - ")
        error = Error.read(suffix if hidden else evse.get("error"))
        self.error = error if hidden else error or numbered(_ERRORS, evse.get("error_id"))
        self.reader = RfidReader.read(evse.get("rfidreader"))
        self.plugged_in = first(flag(raw.get("car_connected")), flag(evse.get("connected")))
        self.delayed_start = moment(self.setting("starttime"))
        ev = block(raw, "ev_meter")
        self.ev_meter, self.mains_meter = text(ev.get("description")), text(self.setting("mains_meter"))
        # kW and kWh up to v3.9, W and Wh since v3.10; other keys of v3.10 and later help where the answer lost its
        # end to the firmware's small buffer. None: it is not known which.
        self.watts_per_unit: int | None = 1000 if ev else None
        if "total_wh" in ev or "charged_wh" in ev or "eth" in raw or "tls" in self.mqtt:
            self.watts_per_unit = 1
        # A meter that is switched off shows zeros that mean nothing.
        self.ev = {} if self.ev_meter == _DISABLED else ev
        mains = {} if self.mains_meter == _DISABLED else raw
        self.mains, self.phases = block(mains, "mains_meter"), block(mains, "phase_currents")
        self.ev_power = self.ev.get("import_active_power")
        self.ev_imported = self.ev.get("import_active_energy")
        if "import_active_power" not in ev and "currents" not in ev and self.watts_per_unit == 1000:
            # Firmware 1.4, which knew no currents either, sent the power under the name of the energy.
            self.ev_power, self.ev_imported = self.ev_imported, None

    def scaled(self, value: object, low: float, high: float) -> float | None:
        """Return a power in W or an energy in Wh."""
        return None if self.watts_per_unit is None else scaled(value, self.watts_per_unit, low, high)

    def register(self, value: object) -> float | None:
        """Return a meter's energy register, in Wh; 0 is what it shows until the meter was read after a restart."""
        return self.scaled(value, 0, _ENERGY_WH) or None

    def serial(self) -> str | None:
        # 0 is a charger whose number was never written.
        if serial := integer(self.raw.get("serialnr"), 1, 2**32):
            return str(serial)
        return serial_from_name(text(self.mqtt.get("topic_prefix")) or "")

    def status(self) -> Status | None:
        if self.error is not None and self.error not in _HARMLESS_ERRORS:
            return Status.FAULT
        if self.plugged_in is None:
            return None
        if not self.plugged_in:
            return Status.DISCONNECTED
        if self.stage in _CHARGING_STAGES:
            return Status.CHARGING
        if self.access is Access.OFF and self.delayed_start is not None:
            return Status.SCHEDULED
        if self.access is Access.OFF and self.reader in _ASKS_FOR_CARD:
            return Status.AWAITING_AUTHORIZATION
        if self.access in (Access.OFF, Access.PAUSE) or self.mode in (Mode.OFF, Mode.PAUSE):
            return Status.PAUSED
        waits = _HARMLESS_ERRORS[self.error or Error.NONE]
        # Newer firmware also reports a lack of sun as "No Power Available".
        if waits is Status.WAITING_FOR_POWER and self.mode is Mode.SOLAR:
            return Status.WAITING_FOR_SOLAR
        return waits or Status.CONNECTED

    def charging(self) -> bool | None:
        # Switched off, the charger no longer follows the car in its state, but it still sees the plug.
        if self.stage is None or self.plugged_in is None:
            return None
        return self.plugged_in and self.stage in _CHARGING_STAGES

    def led_colors(self) -> Mapping[Led, Rgb]:
        color = block(self.raw, "color")
        return {led: rgb for led in Led if (rgb := _rgb(block(color, led.value))) is not None}

    def energy(self, wh_key: str, kwh_key: str) -> float | None:
        key, unit = (kwh_key, 1000) if self.ev.get(wh_key) is None else (wh_key, 1)
        return scaled(self.ev.get(key), unit, 0, _ENERGY_WH)


def _deciamps(value: object, low: float = -_CURRENT_A) -> float | None:
    return scaled(value, 0.1, low, _CURRENT_A, digits=1)


def _currents(raw: Mapping[str, Any]) -> Currents | None:
    l1_a, l2_a, l3_a, total_a = (_deciamps(raw.get(key)) for key in ("L1", "L2", "L3", "TOTAL"))
    if l1_a is l2_a is l3_a is total_a is None:
        return None
    return Currents(l1_a=l1_a, l2_a=l2_a, l3_a=l3_a, total_a=total_a)


def _rgb(raw: Mapping[str, Any]) -> Rgb | None:
    red, green, blue = (integer(raw.get(key), 0, 255) for key in "RGB")
    return None if red is None or green is None or blue is None else (red, green, blue)


wire = Fields[_Answer]()


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartEvseState:
    """One answer; None is what this charger or firmware does not have, or what did not make sense."""

    firmware: str | None = wire(lambda a: text(a.raw.get("version")))
    serial: str | None = wire(_Answer.serial, private=True)
    mac: str | None = wire(lambda a: text(a.eth.get("mac")), private=True)

    status: Status | None = wire(_Answer.status)
    mode: Mode | None = wire(lambda a: a.mode)
    underlying_mode: Mode | None = wire(lambda a: numbered(_UNDERLYING_MODES, a.evse.get("mode")))
    access: Access | None = wire(lambda a: a.access)
    can_pause: bool = wire(lambda a: type(a.evse.get("access")) is int)
    stage: Stage | None = wire(lambda a: a.stage)
    error: Error | None = wire(lambda a: a.error)
    plugged_in: bool | None = wire(lambda a: a.plugged_in)
    charging: bool | None = wire(_Answer.charging)
    phases_in_use: int | None = wire(lambda a: integer(a.evse.get("nrofphases"), 0, 3))
    duty_cycle_percent: float | None = wire(lambda a: scaled(a.evse.get("pwm"), 100 / 1024, 0, 100, digits=1))
    solar_stop_timer_s: int | None = wire(lambda a: integer(a.evse.get("solar_stop_timer"), 0, 86_400))
    power_share: PowerShare | None = wire(lambda a: numbered(_POWER_SHARES, a.evse.get("loadbl")))
    custom_button: bool | None = wire(lambda a: flag(a.evse.get("custombutton")))
    temperature_c: float | None = wire(lambda a: number(a.evse.get("temp"), -60, 200))
    temperature_max_c: float | None = wire(lambda a: number(a.evse.get("temp_max"), -60, 200))

    offered_current_a: float | None = wire(lambda a: _deciamps(a.setting("charge_current"), 0))
    override_current_a: float | None = wire(lambda a: _deciamps(a.setting("override_current"), 0))
    current_min_a: float | None = wire(lambda a: number(a.setting("current_min"), 1, 80))
    current_max_a: float | None = wire(lambda a: number(a.setting("current_max"), 1, 80))
    mains_fuse_a: float | None = wire(lambda a: number(a.setting("current_main"), 1, _CURRENT_A))
    circuit_max_a: float | None = wire(lambda a: number(a.setting("current_max_circuit"), 1, _CURRENT_A))
    mains_sum_max_a: float | None = wire(lambda a: number(a.setting("current_max_sum_mains"), 0, _CURRENT_A))
    mains_sum_max_time_min: int | None = wire(lambda a: integer(a.setting("max_sum_mains_time"), 0, 1440))
    solar_max_import_a: float | None = wire(lambda a: number(a.setting("solar_max_import"), 0, _CURRENT_A))
    solar_start_current_a: float | None = wire(
        lambda a: number(a.setting("solar_start_current"), 0, _CURRENT_A)
    )
    solar_stop_time_min: int | None = wire(lambda a: integer(a.setting("solar_stop_time"), 0, 1440))
    second_contactor: SecondContactor | None = wire(lambda a: SecondContactor.read(a.setting("enable_C2")))
    capacity_mode: CapacityMode | None = wire(lambda a: numbered(CapacityMode, a.setting("capacity_mode")))
    has_delayed_start: bool = wire(lambda a: "starttime" in a.settings)
    delayed_start: datetime | None = wire(lambda a: a.delayed_start)
    delayed_stop: datetime | None = wire(lambda a: moment(a.setting("stoptime")))
    daily_repeat: bool | None = wire(lambda a: flag(a.setting("repeat")))
    has_modem: bool = wire(lambda a: "modem" in a.settings)
    lcd_lock: bool | None = wire(lambda a: flag(a.setting("lcdlock")))
    cable_lock: bool | None = wire(lambda a: flag(a.setting("cablelock")))
    lock_type: LockType | None = wire(lambda a: numbered(LockType, a.setting("lock")))
    required_car_id: str | None = wire(lambda a: text(a.setting("required_evccid"), 32), private=True)
    accepts_car_id: bool = wire(lambda a: "required_evccid" in a.settings)
    backlight: bool | None = wire(lambda a: word(block(a.raw, "backlight").get("status"), _LIGHT))
    led_colors: Mapping[Led, Rgb] = wire(_Answer.led_colors)

    mains_meter: str | None = wire(lambda a: a.mains_meter)
    mains_currents: Currents | None = wire(lambda a: _currents(a.phases))
    mains_currents_measured: Currents | None = wire(lambda a: _currents(block(a.phases, "original_data")))
    # Whether the mains currents have been the same reading for too long, which no single answer shows.
    mains_silent: bool = False
    mains_import_wh: float | None = wire(lambda a: a.register(a.mains.get("import_active_energy")))
    mains_export_wh: float | None = wire(lambda a: a.register(a.mains.get("export_active_energy")))
    ev_meter: str | None = wire(lambda a: a.ev_meter)
    ev_currents: Currents | None = wire(lambda a: _currents(block(a.ev, "currents")))
    ev_power_w: float | None = wire(lambda a: a.scaled(a.ev_power, -_POWER_W, _POWER_W))
    session_energy_wh: float | None = wire(lambda a: a.energy("charged_wh", "charged_kwh"))
    total_energy_wh: float | None = wire(lambda a: a.energy("total_wh", "total_kwh") or None)
    ev_import_wh: float | None = wire(lambda a: a.register(a.ev_imported))
    ev_export_wh: float | None = wire(lambda a: a.register(a.ev.get("export_active_energy")))
    circuit_currents: Currents | None = wire(lambda a: _currents(block(a.circuit, "currents")))
    home_battery_current_a: float | None = wire(lambda a: _deciamps(a.battery.get("current")))

    rfid_reader: RfidReader | None = wire(lambda a: a.reader)
    rfid_status: RfidStatus | None = wire(lambda a: RfidStatus.read(a.evse.get("rfid")))
    rfid_card: str | None = wire(lambda a: text(a.evse.get("rfid_lastread"), 32), private=True)
    # No key of its own: the firmware that brought POST /rfid brought these two.
    accepts_card_id: bool = wire(
        lambda a: a.reader is not None and ("eth" in a.raw or "ledmode" in a.settings)
    )
    wifi_signal_dbm: int | None = wire(lambda a: integer(block(a.raw, "wifi").get("rssi"), -130, 10))
    ethernet_connected: bool | None = wire(lambda a: flag(a.eth.get("connected")))
    mqtt_connected: bool | None = wire(lambda a: word(a.mqtt.get("status"), _LINK))
    ocpp_connected: bool | None = wire(lambda a: word(a.ocpp.get("status"), _LINK))

    # What a car sent over the powerline modem; -1 is the firmware's value for unknown.
    car_soc_percent: float | None = wire(
        lambda a: first(number(a.car.get("computed_soc"), 0, 100), number(a.car.get("initial_soc"), 0, 100))
    )
    car_full_soc_percent: float | None = wire(lambda a: number(a.car.get("full_soc"), 0, 100))
    car_battery_capacity_wh: float | None = wire(lambda a: a.scaled(a.car.get("energy_capacity"), 0, 1e6))
    car_energy_request_wh: float | None = wire(lambda a: a.scaled(a.car.get("energy_request"), 0, 1e6))
    car_time_until_full_s: float | None = wire(lambda a: number(a.car.get("time_until_full"), 0, 604_800))

    @property
    def has_mains_meter(self) -> bool | None:
        """Return whether it measures the mains, by itself or through its master; None: not known."""
        if self.power_share is PowerShare.NODE:
            return True
        return None if self.mains_meter is None else self.mains_meter != _DISABLED

    @property
    def is_node(self) -> bool:
        """Return whether another charger, its master, sets its current."""
        return self.power_share is PowerShare.NODE

    @property
    def allows_charging(self) -> bool | None:
        """Return whether a car may charge, now or as soon as there is sun or power; None: not known."""
        if self.access is not None:
            return self.access is Access.ON
        return None if self.mode is None else self.mode not in (Mode.OFF, Mode.PAUSE)

    @property
    def minimum_a(self) -> float:
        """Return the least current other than 0: IEC 61851 has none below 6 A, and a charger may need more."""
        return max(self.current_min_a or _MINIMUM_A, _MINIMUM_A)

    @property
    def limit_a(self) -> float | None:
        """Return the most that it would offer the car: the override, or its own maximum without one."""
        return self.override_current_a or self.current_max_a

    @property
    def offers_modes(self) -> tuple[Mode, ...]:
        """Return the modes of this firmware."""
        return tuple(mode for mode in Mode if mode is not Mode.PAUSE or self.can_pause)

    @property
    def identity(self) -> Identity:
        """Return which charger this is."""
        return Identity(model="SmartEVSE v3", serial=self.serial, firmware=self.firmware, mac=self.mac)


def serial_from_name(name: str) -> str | None:
    """Return the serial in a host name, a service name or an MQTT prefix: SmartEVSE-12345, SmartEVSE/12345."""
    found = _SERIAL_IN_NAME.match(name)
    return found[1] if found and int(found[1]) else None


def mains_updated_at(raw: object) -> int | None:
    """Return when the mains meter was last read, in s by the clock of the charger; None: not known."""
    phases = block(raw, "phase_currents") if isinstance(raw, Mapping) else {}
    return integer(phases.get("last_data_update"), 1, 2**32)


def report(raw: object) -> object:
    """Return an answer for a bug report, without what is secret or personal in it."""
    return redacted(raw, _PUBLIC_TEXTS, _PRIVATE)


def from_wire(raw: object) -> SmartEvseState:
    """Read an answer to GET /settings; ChargerProtocolError if it is not one of a SmartEVSE."""
    if not isinstance(raw, Mapping) or len(_MARKERS & raw.keys()) < 2:
        raise ChargerProtocolError("not a SmartEVSE")
    return wire.state(SmartEvseState, _Answer(raw))
