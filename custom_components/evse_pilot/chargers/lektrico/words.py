"""Words of a Lektrico, each declared with what stands for it on the wire."""

from enum import StrEnum
from typing import Self

from ..types import Status

# What a car and its cable can be given; below it is no current at all (IEC 61851).
MINIMUM_A, MAXIMUM_A = 6, 32


class WireWord(StrEnum):
    """A word with all that stands for it on the wire, newest firmware first."""

    wire: tuple[object, ...]

    def __new__(cls, value: str, *wire: object) -> Self:
        """Make the word; its value is its key in translations and unique ids."""
        word = str.__new__(cls, value)
        word._value_ = value
        word.wire = wire
        return word

    @classmethod
    def from_wire(cls, value: object) -> Self | None:
        """Return the word for a value on the wire; None for a value that is not known."""
        return next((word for word in cls if value in word.wire), None)


class LimitReason(WireWord):
    """What holds the current down; the numbers from 8 on are newer than the document."""

    HARDWARE = "hardware", 0
    INSTALLATION = "installation", 1
    USER = "user", 2, 10
    DYNAMIC = "dynamic", 3
    SCHEDULE = "schedule", 4
    METER_OFFLINE = "meter_offline", 5
    METER = "meter", 6
    OCPP = "ocpp", 7
    OVERTEMPERATURE = "overtemperature", 8
    SWITCHING_PHASES = "switching_phases", 9
    SINGLE_PHASE_DISABLED = "single_phase_disabled", 11


class Fault(WireWord):
    """A fault of a charger, the most serious first."""

    CONTACTOR_FAILURE = "contactor_failure", "contactor_failure"
    RCD_ERROR = "rcd_error", "rcd_error"
    RCD_TEST = "rcd_test", "rcd_test_error"
    RCD_PIN = "rcd_pin", "rcd_err_pin_error"
    RCD_6MA_PIN = "rcd_6ma_pin", "rcd_err6_pin_error"
    RCD_INIT_START = "rcd_init_start", "rcd_init_start_error"
    RCD_INIT_END = "rcd_init_end", "rcd_init_end_error"
    CRITICAL_TEMPERATURE = "critical_temperature", "critical_temp"
    OVERCURRENT = "overcurrent", "overcurrent"
    OVERVOLTAGE = "overvoltage", "overvoltage_error"
    UNDERVOLTAGE = "undervoltage", "undervoltage_error"
    VOLTAGE = "voltage", "voltage_error"
    METER = "meter", "meter_fault"
    CP_DIODE = "cp_diode", "cp_diode_failure"
    STATE_E = "state_e", "state_e_activated", "state_machine_e_activated"
    STATE_F = "state_f", "state_f_activated"
    OVERTEMPERATURE = "overtemperature", "overtemp"


class PhaseMode(WireWord):
    """How many phases a three-phase charger connects to the car; one that cannot switch them answers 0."""

    SINGLE = "single", 1
    THREE = "three", 3


class BalancingMode(StrEnum):
    """How an energy meter shares the house's power with its chargers; the wire counts them from 0."""

    OFF = "off"
    POWER = "power"
    HYBRID = "hybrid"
    GREEN = "green"
    POWER_SHARE = "power_share"


class Segment(StrEnum):
    """A part of the ring of light, as seen from the front."""

    TOP = "top"
    RIGHT = "right"
    BOTTOM = "bottom"
    LEFT = "left"


STATUSES = {
    "A": Status.DISCONNECTED,
    "B": Status.CONNECTED,
    "B_AUTH": Status.AWAITING_AUTHORIZATION,
    "B_PAUSE": Status.PAUSED,
    "B_SCHEDULER": Status.SCHEDULED,
    "C": Status.CHARGING,
    "D": Status.CHARGING,
    "E": Status.FAULT,
    "F": Status.FAULT,
    "OTA": Status.UPDATING,
    "LOCKED": Status.LOCKED,
}
