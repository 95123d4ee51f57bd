"""What GET /settings of a SmartEVSE says, in amperes, watts and watt-hours.

The only place that knows its wire names, units and odd values. Firmware generations are told apart by the keys
that are present, never by the version: it may be a bare build stamp.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
import re
from typing import Any

from ..errors import ChargerProtocolError
from ..types import Identity, Status
from ..wire import block, flag, integer, number, redacted, scaled, text, word
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
    numbered,
)

# Wider than any house, so that only nonsense falls outside.
_CURRENT_A = 2000.0
_POWER_W = 1_000_000.0
_ENERGY_WH = 1e12

_MODES = {mode.value.upper(): mode for mode in Mode}
# evse.mode counts differently from mode_id.
_UNDERLYING_MODES = (Mode.NORMAL, Mode.SMART, Mode.SOLAR)
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
        "version",
        "mode",
        "status",
        "state",
        "error",
        "rfidreader",
        "rfid",
        "access",
        "car_connected",
        "connected",
    }
    | {"enable_C2", "modem", "mains_meter", "description"}
)
_PRIVATE = frozenset({"serialnr", "ssid", "bssid", "rfid_lastread", "required_evccid", "evccid", "auth_key"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Currents:
    """Three phases, and their sum as the box adds it; import and charging are positive."""

    l1_a: float | None
    l2_a: float | None
    l3_a: float | None
    total_a: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartEvseState:
    """One answer; None is what this box or firmware does not have, or what did not make sense."""

    firmware: str | None
    serial: str | None = field(repr=False)
    mac: str | None = field(repr=False)

    status: Status | None
    mode: Mode | None
    underlying_mode: Mode | None
    access: Access | None
    can_pause: bool
    stage: Stage | None
    error: Error | None
    plugged_in: bool | None
    charging: bool | None
    phases_in_use: int | None
    duty_cycle_percent: float | None
    solar_stop_timer_s: int | None
    power_share: PowerShare | None
    custom_button: bool | None
    temperature_c: float | None
    temperature_max_c: float | None

    offered_current_a: float | None
    override_current_a: float | None
    current_min_a: float | None
    current_max_a: float | None
    mains_fuse_a: float | None
    circuit_max_a: float | None
    mains_sum_max_a: float | None
    mains_sum_max_time_min: int | None
    solar_max_import_a: float | None
    solar_start_current_a: float | None
    solar_stop_time_min: int | None
    second_contactor: SecondContactor | None
    capacity_mode: CapacityMode | None
    has_delayed_start: bool
    delayed_start: datetime | None
    delayed_stop: datetime | None
    daily_repeat: bool | None
    has_modem: bool
    lcd_lock: bool | None
    cable_lock: bool | None
    lock_type: LockType | None
    required_car_id: str | None = field(repr=False)
    accepts_car_id: bool
    backlight: bool | None
    led_colors: Mapping[Led, Rgb]

    mains_meter: str | None
    mains_currents: Currents | None
    mains_currents_measured: Currents | None
    # Whether its mains currents have been the same reading for too long; one answer does not tell.
    mains_silent: bool = False
    mains_import_wh: float | None
    mains_export_wh: float | None
    ev_meter: str | None
    ev_currents: Currents | None
    ev_power_w: float | None
    session_energy_wh: float | None
    total_energy_wh: float | None
    ev_import_wh: float | None
    ev_export_wh: float | None
    circuit_currents: Currents | None
    home_battery_current_a: float | None

    rfid_reader: RfidReader | None
    rfid_status: RfidStatus | None
    rfid_card: str | None = field(repr=False)
    accepts_card_id: bool
    wifi_signal_dbm: int | None
    ethernet_connected: bool | None
    mqtt_connected: bool | None
    ocpp_connected: bool | None

    car_soc_percent: float | None
    car_full_soc_percent: float | None
    car_battery_capacity_wh: float | None
    car_energy_request_wh: float | None
    car_time_until_full_s: float | None

    @property
    def has_mains_meter(self) -> bool | None:
        """Return whether it sees the mains, on its own or through its master; None: it does not say."""
        if self.power_share is PowerShare.NODE:
            return True
        return None if self.mains_meter is None else self.mains_meter != _DISABLED

    @property
    def has_ev_meter(self) -> bool:
        """Return whether it measures the car."""
        return self.ev_meter is not None and self.ev_meter != _DISABLED

    @property
    def is_node(self) -> bool:
        """Return whether another box decides for it."""
        return self.power_share is PowerShare.NODE

    @property
    def limit_a(self) -> float | None:
        """Return the most it would offer the car: the override, or its own maximum while there is none."""
        return self.override_current_a or self.current_max_a

    @property
    def offers_modes(self) -> tuple[Mode, ...]:
        """Return the modes that this firmware knows."""
        return tuple(mode for mode in Mode if mode is not Mode.PAUSE or self.can_pause)

    @property
    def identity(self) -> Identity:
        """Return which box this is."""
        return Identity(model="SmartEVSE v3", serial=self.serial, firmware=self.firmware, mac=self.mac)


def serial_from_name(name: str) -> str | None:
    """Return the serial in a host name, a service name or an MQTT prefix: SmartEVSE-12345, SmartEVSE/12345."""
    found = _SERIAL_IN_NAME.match(name)
    return found[1] if found and int(found[1]) else None


def mains_updated_at(raw: object) -> int | None:
    """Return when the mains meter was last read, in s by the clock of the box; None: it does not say."""
    phases = block(raw, "phase_currents") if isinstance(raw, Mapping) else {}
    return integer(phases.get("last_data_update"), 1, 2**32)


def report(raw: object) -> object:
    """Return an answer for a bug report, without what is secret or personal in it."""
    return redacted(raw, _PUBLIC_TEXTS, _PRIVATE)


def from_wire(raw: object) -> SmartEvseState:
    """Read an answer to GET /settings; ChargerProtocolError if it is none of a SmartEVSE."""
    if not isinstance(raw, Mapping) or len(_MARKERS & raw.keys()) < 2:
        raise ChargerProtocolError("not a SmartEVSE")
    # Firmware of 2022 had access, temp and more at the top level; the block's own keys win.
    evse = {**raw, **block(raw, "evse")}
    settings = block(raw, "settings")
    wifi, eth, color = block(raw, "wifi"), block(raw, "eth"), block(raw, "color")
    mode = word(raw.get("mode"), _MODES) or numbered(Mode, raw.get("mode_id"))
    access = _access(evse.get("access"))
    stage = numbered(Stage, evse.get("state_id"))
    plugged_in = flag(raw.get("car_connected"))
    if plugged_in is None:
        plugged_in = flag(evse.get("connected"))
    error = _error(evse)
    reader = RfidReader.read(evse.get("rfidreader"))
    starts = _moment(settings.get("starttime"))
    return SmartEvseState(
        firmware=text(raw.get("version")),
        serial=_serial(raw),
        mac=text(eth.get("mac")),
        status=_status(
            mode, access, stage, error, reader, plugged_in=plugged_in, scheduled=starts is not None
        ),
        mode=mode,
        underlying_mode=numbered(_UNDERLYING_MODES, evse.get("mode")),
        access=access,
        # access has been a number since the firmware that brought PAUSE.
        can_pause=isinstance(evse.get("access"), int) and not isinstance(evse.get("access"), bool),
        stage=stage,
        error=error,
        plugged_in=plugged_in,
        # Switched off, the box no longer follows the car in its state, but it still sees the plug.
        charging=None if stage is None or plugged_in is None else plugged_in and stage in _CHARGING_STAGES,
        phases_in_use=integer(evse.get("nrofphases"), 0, 3),
        duty_cycle_percent=scaled(evse.get("pwm"), 100 / 1024, 0, 100, digits=1),
        solar_stop_timer_s=integer(evse.get("solar_stop_timer"), 0, 86_400),
        power_share=_power_share(evse.get("loadbl")),
        custom_button=flag(evse.get("custombutton")),
        temperature_c=number(evse.get("temp"), -60, 200),
        temperature_max_c=number(evse.get("temp_max"), -60, 200),
        offered_current_a=_deciamps(settings.get("charge_current"), 0),
        override_current_a=_deciamps(settings.get("override_current"), 0),
        current_min_a=number(settings.get("current_min"), 1, 80),
        current_max_a=number(settings.get("current_max"), 1, 80),
        mains_fuse_a=number(settings.get("current_main"), 1, _CURRENT_A),
        circuit_max_a=number(settings.get("current_max_circuit"), 1, _CURRENT_A),
        mains_sum_max_a=number(settings.get("current_max_sum_mains"), 0, _CURRENT_A),
        mains_sum_max_time_min=integer(settings.get("max_sum_mains_time"), 0, 1440),
        solar_max_import_a=number(settings.get("solar_max_import"), 0, _CURRENT_A),
        solar_start_current_a=number(settings.get("solar_start_current"), 0, _CURRENT_A),
        solar_stop_time_min=integer(settings.get("solar_stop_time"), 0, 1440),
        second_contactor=SecondContactor.read(settings.get("enable_C2")),
        capacity_mode=numbered(CapacityMode, settings.get("capacity_mode")),
        has_delayed_start="starttime" in settings,
        delayed_start=starts,
        delayed_stop=_moment(settings.get("stoptime")),
        daily_repeat=flag(settings.get("repeat")),
        has_modem="modem" in settings,
        lcd_lock=flag(settings.get("lcdlock")),
        cable_lock=flag(settings.get("cablelock")),
        lock_type=numbered(LockType, settings.get("lock")),
        required_car_id=text(settings.get("required_evccid"), 32),
        accepts_car_id="required_evccid" in settings,
        backlight=word(block(raw, "backlight").get("status"), _LIGHT),
        led_colors={led: rgb for led in Led if (rgb := _rgb(block(color, led.value))) is not None},
        rfid_reader=reader,
        rfid_status=RfidStatus.read(evse.get("rfid")),
        rfid_card=text(evse.get("rfid_lastread"), 32),
        # No key of its own: the firmware that brought POST /rfid brought these two.
        accepts_card_id=reader is not None and ("eth" in raw or "ledmode" in settings),
        wifi_signal_dbm=integer(wifi.get("rssi"), -130, 10),
        ethernet_connected=flag(eth.get("connected")),
        mqtt_connected=word(block(raw, "mqtt").get("status"), _LINK),
        ocpp_connected=_ocpp_connected(block(raw, "ocpp")),
        **_meters(raw, text(settings.get("mains_meter"))),
        **_car(raw),
    )


def _meters(raw: Mapping[str, Any], mains_meter: str | None) -> dict[str, Any]:
    """Read the meters: kW and kWh up to v3.9, W and Wh since v3.10, which total_wh tells."""
    ev, mains, phases = block(raw, "ev_meter"), block(raw, "mains_meter"), block(raw, "phase_currents")
    unit = _thousands(raw)
    ev_meter = text(ev.get("description"))
    # A meter that is switched off shows zeros that mean nothing.
    has_ev, has_mains = ev_meter != _DISABLED, mains_meter != _DISABLED
    power, imported = ev.get("import_active_power"), ev.get("import_active_energy")
    if "import_active_power" not in ev and "currents" not in ev and unit == 1000:
        # Firmware 1.4, which knew no currents either, sent the power under the name of the energy.
        power, imported = imported, None
    battery = block(raw, "home_battery")
    return {
        "mains_meter": mains_meter,
        "mains_currents": _currents(phases) if has_mains else None,
        "mains_currents_measured": _currents(block(phases, "original_data")) if has_mains else None,
        "mains_import_wh": _register(mains.get("import_active_energy"), unit) if has_mains else None,
        "mains_export_wh": _register(mains.get("export_active_energy"), unit) if has_mains else None,
        "ev_meter": ev_meter,
        "ev_currents": _currents(block(ev, "currents")) if has_ev else None,
        "ev_power_w": _in_unit(power, unit, -_POWER_W, _POWER_W) if has_ev else None,
        "session_energy_wh": _energy(ev.get("charged_wh"), ev.get("charged_kwh")) if has_ev else None,
        "total_energy_wh": (_energy(ev.get("total_wh"), ev.get("total_kwh")) or None) if has_ev else None,
        "ev_import_wh": _register(imported, unit) if has_ev else None,
        "ev_export_wh": _register(ev.get("export_active_energy"), unit) if has_ev else None,
        "circuit_currents": _currents(block(block(raw, "circuit_meter"), "currents")),
        # Never fed since it started: zero would be a lie.
        "home_battery_current_a": _deciamps(battery.get("current")) if battery.get("last_update") else None,
    }


def _thousands(raw: Mapping[str, Any]) -> int | None:
    """Return watts (and watt-hours) per unit of this answer; None: it cannot be told."""
    ev = block(raw, "ev_meter")
    # Other keys of v3.10 and later help where the answer lost its end to the firmware's small buffer.
    if "total_wh" in ev or "charged_wh" in ev or "eth" in raw or "tls" in block(raw, "mqtt"):
        return 1
    return 1000 if ev else None


def _in_unit(value: object, unit: int | None, low: float, high: float) -> float | None:
    return None if unit is None else scaled(value, unit, low, high)


def _register(value: object, unit: int | None) -> float | None:
    """Read a meter's energy register; 0 is what it shows until the meter was read after a restart."""
    return _in_unit(value, unit, 0, _ENERGY_WH) or None


def _energy(watt_hours: object, kilowatt_hours: object) -> float | None:
    if watt_hours is not None:
        return scaled(watt_hours, 1, 0, _ENERGY_WH)
    return scaled(kilowatt_hours, 1000, 0, _ENERGY_WH)


def _car(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Read what a car told over the powerline modem; -1 is the firmware's word for unknown."""
    car = block(raw, "ev_state")
    unit = _thousands(raw)
    computed = number(car.get("computed_soc"), 0, 100)
    return {
        "car_soc_percent": computed if computed is not None else number(car.get("initial_soc"), 0, 100),
        "car_full_soc_percent": number(car.get("full_soc"), 0, 100),
        "car_battery_capacity_wh": _in_unit(car.get("energy_capacity"), unit, 0, 1e6),
        "car_energy_request_wh": _in_unit(car.get("energy_request"), unit, 0, 1e6),
        "car_time_until_full_s": number(car.get("time_until_full"), 0, 604_800),
    }


def _status(
    mode: Mode | None,
    access: Access | None,
    stage: Stage | None,
    error: Error | None,
    reader: RfidReader | None,
    *,
    plugged_in: bool | None,
    scheduled: bool,
) -> Status | None:
    if error is not None and error not in _HARMLESS_ERRORS:
        return Status.FAULT
    if plugged_in is None:
        return None
    if not plugged_in:
        return Status.DISCONNECTED
    if stage in _CHARGING_STAGES:
        return Status.CHARGING
    if access is Access.OFF and scheduled:
        return Status.SCHEDULED
    if access is Access.OFF and reader in _ASKS_FOR_CARD:
        return Status.AWAITING_AUTHORIZATION
    if access in (Access.OFF, Access.PAUSE) or mode in (Mode.OFF, Mode.PAUSE):
        return Status.PAUSED
    waits = _HARMLESS_ERRORS[error or Error.NONE]
    # Newer firmware says «no power» to a lack of sun, too.
    if waits is Status.WAITING_FOR_POWER and mode is Mode.SOLAR:
        return Status.WAITING_FOR_SOLAR
    return waits or Status.CONNECTED


def _error(evse: Mapping[str, Any]) -> Error | None:
    """Read the one visible error: hidden behind the state's text while there is no power or no sun."""
    _, separator, suffix = (text(evse.get("state")) or "").partition(" - ")
    if separator:
        return Error.read(suffix)
    if (error := Error.read(evse.get("error"))) is not None:
        return error
    # 6 has meant two things, and only the name distinguishes them; there is no 9.
    by_number = numbered(Error, evse.get("error_id"))
    return None if by_number in (Error.RCM_TEST, Error.WAITING_FOR_SOLAR) else by_number


def _serial(raw: Mapping[str, Any]) -> str | None:
    # 0 is a box whose number was never written.
    if number_ := integer(raw.get("serialnr"), 1, 2**32):
        return str(number_)
    return serial_from_name(text(block(raw, "mqtt").get("topic_prefix")) or "")


def _access(value: object) -> Access | None:
    allowed = flag(value)
    if allowed is not None:
        return Access.ON if allowed else Access.OFF
    return numbered(Access, value)


def _power_share(value: object) -> PowerShare | None:
    if (part := integer(value, 0, 8)) is None:
        return None
    return list(PowerShare)[min(part, 2)]


def _ocpp_connected(ocpp: Mapping[str, Any]) -> bool | None:
    return None if ocpp.get("mode") == _DISABLED else word(ocpp.get("status"), _LINK)


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


def _moment(value: object) -> datetime | None:
    seconds = integer(value, 1, 2**32)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
