"""State of a SmartEVSE, read from GET /settings, in amperes, watts and watt-hours.

Firmware generations are distinguished by the keys that are present, not by the version: it may be a bare build stamp.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
import re
from typing import Any

from ..counters import Counters
from ..errors import ChargerProtocolError
from ..fields import Fields
from ..types import Identity, Status
from ..wire import (
    block,
    first,
    flag,
    integer,
    mac_digits,
    moment,
    number,
    numbered,
    redacted,
    scaled,
    text,
    word,
)
from .numbering import MODES, UNKNOWN, Numbering
from .readers import CURRENT_A, Currents, currents, deciamps, identifier, link, mains_updated_at, rgb
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

_MINIMUM_A = 6.0
# More than a meter shows of a conductor without current.
_DRAWN_A = 1.0
_POWER_W = 1_000_000.0
_ENERGY_WH = 1e12
_BATTERY_S = 60

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
# The duty cycles, of 1024, at which nothing is offered: the pilot is cut off, or steady.
_OFFERS_NOTHING = (0, 1024)

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


class _Answer:
    """One answer to GET /settings: its blocks, and what several fields need."""

    def __init__(self, raw: Mapping[str, Any], before: Numbering) -> None:
        self.raw = raw
        # Firmware of 2022 had access, temp and more at the top level; the block's own keys win.
        self.evse = evse = {**raw, **block(raw, "evse")}
        self.settings, self.eth = block(raw, "settings"), block(raw, "eth")
        self.setting = self.settings.get
        self.mqtt, self.circuit = block(raw, "mqtt"), block(raw, "circuit_meter")
        ocpp, battery = block(raw, "ocpp"), block(raw, "home_battery")
        self.ocpp = {} if ocpp.get("mode") == _DISABLED else ocpp
        # Before the first feed since a restart, and 60 s after the last, the charger shows 0, which means nothing.
        fed_at, read_at = integer(battery.get("last_update"), 1, 2**32), mains_updated_at(raw)
        is_old = fed_at is not None and read_at is not None and read_at - fed_at > _BATTERY_S
        self.battery = {} if fed_at is None or is_old else battery
        named, mode_id = word(raw.get("mode"), MODES), raw.get("mode_id")
        self.numbering = before.after(text(raw.get("version")), named, mode_id, evse.get("mode"))
        self.mode = self.numbering.mode(named, mode_id)
        # Whether a car may charge, as a truth value, or since the firmware that brought PAUSE as a number.
        access = evse.get("access")
        allowed = flag(access)
        self.access = numbered(Access, access if allowed is None else int(allowed))
        self.stage = numbered(Stage, evse.get("state_id"))
        # The one visible error is behind the text of the state while there is no power or no sun.
        _, hidden, suffix = (text(evse.get("state")) or "").partition(" - ")
        error = Error.read(suffix if hidden else evse.get("error"))
        error = error if hidden else error or numbered(_ERRORS, evse.get("error_id"))
        if error is Error.TEST_IO and ("circuit_meter" in raw or "capacity_mode" in self.settings):
            # Since v3.11 that flag is another one, under the old name.
            error = Error.CIRCUIT_METER_COMMUNICATION
        self.error = error
        self.reader = RfidReader.read(evse.get("rfidreader"))
        self.card_status = RfidStatus.read(evse.get("rfid"))
        self.plugged_in = first(flag(raw.get("car_connected")), flag(evse.get("connected")))
        # What a car has sent means nothing once it has gone.
        self.car = {} if self.plugged_in is False else block(raw, "ev_state")
        duty = integer(evse.get("pwm"), 0, 1024)
        # While nothing is offered, it shows the last offer and its countdown all the same.
        is_off = self.access in (Access.OFF, Access.PAUSE) or self.plugged_in is False
        self.offers_nothing = is_off if duty is None else duty in _OFFERS_NOTHING
        self.current_max_a = number(self.setting("current_max"), 1, 80)
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
        has_no_other = "import_active_power" not in ev and "export_active_energy" not in ev
        if has_no_other and self.ev_imported != ev.get("total_kwh") and self.watts_per_unit == 1000:
            # Firmware 1.4 and 1.5, which knew no export either, sent the power under the name of the energy.
            self.ev_power, self.ev_imported = self.ev_imported, None

    def scaled(self, value: object, low: float, high: float) -> float | None:
        """Return a power in W or an energy in Wh."""
        return None if self.watts_per_unit is None else scaled(value, self.watts_per_unit, low, high)

    def register(self, value: object) -> float | None:
        """Return a meter's energy register, in Wh; 0 is what it shows until the meter was read after a restart."""
        return self.scaled(value, 0, _ENERGY_WH) or None

    def serial(self) -> str | None:
        # 0 is a charger whose number was never written.
        serial = integer(self.raw.get("serialnr"), 1, 2**32)
        return None if serial is None else str(serial)

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
        if self.access is Access.OFF and self._asks_for_card():
            return Status.AWAITING_AUTHORIZATION
        if self.access in (Access.OFF, Access.PAUSE) or self.mode in (Mode.OFF, Mode.PAUSE):
            return Status.PAUSED
        waits = _HARMLESS_ERRORS[self.error or Error.NONE]
        # Newer firmware also reports a lack of sun as "No Power Available".
        if waits is Status.WAITING_FOR_POWER and self.mode is Mode.SOLAR:
            return Status.WAITING_FOR_SOLAR
        return waits or Status.CONNECTED

    def _asks_for_card(self) -> bool:
        if "rfidreader" in self.evse:
            return self.reader in _ASKS_FOR_CARD
        # Before v3.8.5 only the status shows that there is a reader.
        return self.card_status not in (None, RfidStatus.NOT_INSTALLED)

    def charging(self) -> bool | None:
        # Switched off, the charger no longer follows the car in its state, but it still sees the plug.
        if self.stage is None or self.plugged_in is None:
            return None
        return self.plugged_in and self.stage in _CHARGING_STAGES

    def phases_in_use(self) -> int | None:
        # The number, which came with v3.9.1, stays while the car does not charge. Before v3.5 each phase had a flag.
        flags = [flag(block(self.raw, "phase_currents").get(f"charging_L{phase}")) for phase in (1, 2, 3)]
        count = integer(self.evse.get("nrofphases"), 0, 3)
        if count is None and None not in flags:
            count = flags.count(True)
        return 0 if count and self.charging() is False else count

    def offered_current_a(self) -> float | None:
        amps = number(self.setting("charge_current"), 0, self.current_max_a or _MINIMUM_A * 10 - 1)
        # Firmware of early March 2022 sent whole amperes; in tenths, no offer is as small as its maximum.
        value = (
            amps if amps is not None and "access" in self.raw else deciamps(self.setting("charge_current"), 0)
        )
        return value and 0.0 if self.offers_nothing else value

    def solar_stop_timer_s(self) -> int | None:
        seconds = integer(self.evse.get("solar_stop_timer"), 0, 86_400)
        return 0 if seconds and self.offers_nothing else seconds

    def session_energy_wh(self) -> float | None:
        session_wh, total_wh = self.energy("charged_wh", "charged_kwh"), self.energy("total_wh", "total_kwh")
        # Where it has lost what its meter showed at the start, it counts the whole life of the meter.
        return None if session_wh and total_wh and session_wh >= total_wh else session_wh

    def led_colors(self) -> Mapping[Led, Rgb]:
        colors = block(self.raw, "color")
        return {led: color for led in Led if (color := rgb(block(colors, led.value))) is not None}

    def energy(self, wh_key: str, kwh_key: str) -> float | None:
        key, unit = (kwh_key, 1000) if self.ev.get(wh_key) is None else (wh_key, 1)
        return scaled(self.ev.get(key), unit, 0, _ENERGY_WH)


wire = Fields[_Answer]()


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartEvseState:
    """One answer; None is what this charger or firmware does not have, or what did not make sense."""

    firmware: str | None = wire(lambda a: text(a.raw.get("version")))
    serial: str | None = wire(_Answer.serial, private=True)
    # The number in its MQTT prefix is made of its MAC address: it is no serial, but was once taken for one.
    mqtt_number: str | None = wire(
        lambda a: serial_from_name(text(a.mqtt.get("topic_prefix")) or ""), private=True
    )
    mac: str | None = wire(
        lambda a: text(a.eth.get("mac")) if mac_digits(a.eth.get("mac")) else None, private=True
    )

    status: Status | None = wire(_Answer.status)
    mode: Mode | None = wire(lambda a: a.mode)
    has_no_solar: bool = wire(lambda a: a.numbering.has_no_solar)
    underlying_mode: Mode | None = wire(lambda a: a.numbering.underlying_mode)
    underlying_number: int | None = wire(lambda a: a.numbering.underlying_number)
    access: Access | None = wire(lambda a: a.access)
    can_pause: bool = wire(lambda a: type(a.evse.get("access")) is int and not a.numbering.has_no_solar)
    stage: Stage | None = wire(lambda a: a.stage)
    error: Error | None = wire(lambda a: a.error)
    plugged_in: bool | None = wire(lambda a: a.plugged_in)
    charging: bool | None = wire(_Answer.charging)
    phases_in_use: int | None = wire(_Answer.phases_in_use)
    duty_cycle_percent: float | None = wire(lambda a: scaled(a.evse.get("pwm"), 100 / 1024, 0, 100, digits=1))
    solar_stop_timer_s: int | None = wire(_Answer.solar_stop_timer_s)
    power_share: PowerShare | None = wire(lambda a: numbered(_POWER_SHARES, a.evse.get("loadbl")))
    custom_button: bool | None = wire(lambda a: flag(a.evse.get("custombutton")))
    temperature_c: float | None = wire(lambda a: number(a.evse.get("temp"), -60, 200))
    temperature_max_c: float | None = wire(lambda a: number(a.evse.get("temp_max"), -60, 200))

    offered_current_a: float | None = wire(_Answer.offered_current_a)
    override_current_a: float | None = wire(lambda a: deciamps(a.setting("override_current"), 0))
    current_min_a: float | None = wire(lambda a: number(a.setting("current_min"), 1, 80))
    current_max_a: float | None = wire(lambda a: a.current_max_a)
    mains_fuse_a: float | None = wire(lambda a: number(a.setting("current_main"), 1, CURRENT_A))
    circuit_max_a: float | None = wire(lambda a: number(a.setting("current_max_circuit"), 1, CURRENT_A))
    mains_sum_max_a: float | None = wire(lambda a: number(a.setting("current_max_sum_mains"), 0, CURRENT_A))
    mains_sum_max_time_min: int | None = wire(lambda a: integer(a.setting("max_sum_mains_time"), 0, 1440))
    solar_max_import_a: float | None = wire(lambda a: number(a.setting("solar_max_import"), 0, CURRENT_A))
    solar_start_current_a: float | None = wire(
        lambda a: number(a.setting("solar_start_current"), 0, CURRENT_A)
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
    mains_currents: Currents | None = wire(lambda a: currents(a.phases))
    mains_currents_measured: Currents | None = wire(lambda a: currents(block(a.phases, "original_data")))
    # Whether the mains currents have been the same reading for too long, which no single answer shows.
    mains_silent: bool = False
    mains_import_wh: float | None = wire.counter(lambda a: a.register(a.mains.get("import_active_energy")))
    mains_export_wh: float | None = wire.counter(lambda a: a.register(a.mains.get("export_active_energy")))
    ev_meter: str | None = wire(lambda a: a.ev_meter)
    ev_currents: Currents | None = wire(lambda a: currents(block(a.ev, "currents")))
    ev_power_w: float | None = wire(lambda a: a.scaled(a.ev_power, -_POWER_W, _POWER_W))
    session_energy_wh: float | None = wire.counter(_Answer.session_energy_wh)
    total_energy_wh: float | None = wire.counter(lambda a: a.energy("total_wh", "total_kwh") or None)
    ev_import_wh: float | None = wire.counter(lambda a: a.register(a.ev_imported))
    ev_export_wh: float | None = wire.counter(lambda a: a.register(a.ev.get("export_active_energy")))
    circuit_currents: Currents | None = wire(lambda a: currents(block(a.circuit, "currents")))
    home_battery_current_a: float | None = wire(lambda a: deciamps(a.battery.get("current")))

    rfid_reader: RfidReader | None = wire(lambda a: a.reader)
    rfid_status: RfidStatus | None = wire(lambda a: a.card_status)
    rfid_card: str | None = wire(lambda a: identifier(a.evse.get("rfid_lastread")), private=True)
    # No key of its own: the firmware that brought POST /rfid brought these two.
    accepts_card_id: bool = wire(
        lambda a: a.reader is not None and ("eth" in a.raw or "ledmode" in a.settings)
    )
    wifi_signal_dbm: int | None = wire(lambda a: integer(block(a.raw, "wifi").get("rssi"), -130, 10))
    ethernet_connected: bool | None = wire(lambda a: flag(a.eth.get("connected")))
    mqtt_connected: bool | None = wire(lambda a: link(a.mqtt.get("status")))
    ocpp_connected: bool | None = wire(lambda a: link(a.ocpp.get("status")))

    # What a car sent over the powerline modem; -1 is the firmware's value for unknown.
    car_id: str | None = wire(lambda a: identifier(a.car.get("evccid")), private=True)
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
    def has_one_phase(self) -> bool:
        """Return whether it surely charges on one phase only, now or as soon as a car does."""
        contactor = self.second_contactor
        if contactor in (None, SecondContactor.NOT_PRESENT, SecondContactor.ALWAYS_ON):
            return False
        others_a = () if self.ev_currents is None else self.ev_currents.phases_a[1:]
        if any(amps is not None and amps > _DRAWN_A for amps in others_a):
            return False
        if not self.charging or self.phases_in_use is None:
            # Set under load it holds from the next session on: then only a meter shows whether it holds already.
            is_measured = bool(others_a) and None not in others_a
            return contactor is SecondContactor.ALWAYS_OFF and (self.charging is False or is_measured)
        return self.phases_in_use == 1

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
        return tuple(mode for mode in self.numbered_modes if mode is not Mode.PAUSE or self.can_pause)

    @property
    def numbered_modes(self) -> tuple[Mode, ...]:
        """Return the modes in the order of their numbers on the wire."""
        return self.numbering.modes

    @property
    def numbering(self) -> Numbering:
        """Return how this firmware numbers its modes, as far as its answers have shown that."""
        return Numbering(
            firmware=self.firmware,
            has_no_solar=self.has_no_solar,
            underlying_mode=self.underlying_mode,
            underlying_number=self.underlying_number,
        )

    @property
    def identity(self) -> Identity:
        """Return which charger this is."""
        return Identity(
            model="SmartEVSE v3",
            serial=self.serial,
            alias=self.mqtt_number,
            firmware=self.firmware,
            mac=self.mac,
        )


def serial_from_name(name: str) -> str | None:
    """Return the number in a host name, a service name or an MQTT prefix: SmartEVSE-12345, SmartEVSE/12345.

    On the network it is the serial, in an MQTT prefix another number.
    """
    found = _SERIAL_IN_NAME.match(name)
    return found[1] if found and int(found[1]) else None


def report(raw: object) -> object:
    """Return an answer for a bug report, without what is secret or personal in it."""
    return redacted(raw, _PUBLIC_TEXTS, _PRIVATE)


def from_wire(
    raw: object,
    before: Numbering = UNKNOWN,
    counters: Counters | None = None,
    *,
    mains_silent: bool = False,
) -> SmartEvseState:
    """Read an answer to GET /settings; ChargerProtocolError if it is not one of a SmartEVSE.

    `before`: how it numbers its modes, by the answers before this one.

    Without the counters of the charger, energies are as they were read.
    """
    if not isinstance(raw, Mapping) or len(_MARKERS & raw.keys()) < 2:
        raise ChargerProtocolError("not a SmartEVSE")
    return wire.state(SmartEvseState, _Answer(raw, before), counters, mains_silent=mains_silent)
