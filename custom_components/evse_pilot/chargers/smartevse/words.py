"""Words of a SmartEVSE, each declared once with its name or number on the wire."""

from enum import StrEnum

from ..wire import NumberedWord, WireWord

type Rgb = tuple[int, int, int]


class Mode(NumberedWord):
    """How the charger decides whether and how much to charge, as mode and mode_id of the answer."""

    OFF = "off"
    NORMAL = "normal"
    SOLAR = "solar"
    SMART = "smart"
    PAUSE = "pause"


class Access(StrEnum):
    """Whether the car may charge."""

    OFF = "off"
    ON = "on"
    PAUSE = "pause"


class Stage(StrEnum):
    """Where the charger is in its state machine around the IEC 61851 states."""

    READY = "ready"
    CONNECTED = "connected"
    CHARGING = "charging"
    CHARGING_VENTILATED = "charging_ventilated"
    REQUEST_STATE_B = "request_state_b"
    STATE_B_OK = "state_b_ok"
    REQUEST_STATE_C = "request_state_c"
    STATE_C_OK = "state_c_ok"
    ACTIVATE = "activate"
    CHARGING_STOPPED = "charging_stopped"
    STOP_CHARGING = "stop_charging"
    MODEM_SETUP = "modem_setup"
    MODEM_REQUEST = "modem_request"
    MODEM_DONE = "modem_done"
    MODEM_DENIED = "modem_denied"


class Error(WireWord):
    """What is wrong, in the order of error_id, but for the last two."""

    NONE = "none", "None"
    NO_POWER_AVAILABLE = "no_power_available", "No Power Available"
    COMMUNICATION = "communication", "Communication Error"
    TEMPERATURE_HIGH = "temperature_high", "Temperature High"
    EV_METER_COMMUNICATION = "ev_meter_communication", "EV Meter Comm Error"
    RCM_TRIPPED = "rcm_tripped", "RCM Tripped"
    RCM_TEST = "rcm_test", "RCM Test"
    TEST_IO = "test_io", "Test IO"
    FLASH = "flash", "Flash Error"
    WAITING_FOR_SOLAR = "waiting_for_solar", "Waiting for Solar"
    CIRCUIT_METER_COMMUNICATION = "circuit_meter_communication", "Circuit Meter Comm Error"


class SecondContactor(WireWord):
    """When the second contactor (C2) joins: one phase without it, three with it; Auto decides while it charges solar."""

    NOT_PRESENT = "not_present", "Not present"
    ALWAYS_OFF = "always_off", "Always Off"
    SOLAR_OFF = "solar_off", "Solar Off"
    ALWAYS_ON = "always_on", "Always On"
    AUTO = "auto", "Auto"


class CapacityMode(StrEnum):
    """How the sum of the mains phases is limited for a capacity tariff."""

    DISABLED = "disabled"
    FIXED = "fixed"
    INTERVAL = "interval"
    FLANDERS = "flanders"


class PowerShare(StrEnum):
    """Its part when several chargers share one connection among themselves."""

    DISABLED = "disabled"
    MASTER = "master"
    NODE = "node"


class LockType(StrEnum):
    """What locks the plug into the socket."""

    DISABLED = "disabled"
    SOLENOID = "solenoid"
    MOTOR = "motor"


class RfidReader(WireWord):
    """What the card reader is there for."""

    DISABLED = "disabled", "Disabled"
    ENABLE_ALL = "enable_all", "EnableAll"
    ENABLE_ONE = "enable_one", "EnableOne"
    LEARN = "learn", "Learn"
    DELETE = "delete", "Delete"
    DELETE_ALL = "delete_all", "DeleteAll"
    REMOTE = "remote", "Rmt/OCPP"


class RfidStatus(WireWord):
    """What the card reader last saw."""

    NOT_INSTALLED = "not_installed", "Not Installed"
    NO_STATUS = "no_status", "NOSTATUS"
    READY = "ready", "Ready to read card"
    PRESENT = "present", "Present"
    STORED = "stored", "Card Stored"
    DELETED = "deleted", "Card Deleted"
    ALREADY_STORED = "already_stored", "Card already stored"
    NOT_STORED = "not_stored", "Card not in storage"
    STORAGE_FULL = "storage_full", "Card Storage full"
    INVALID = "invalid", "Invalid"


class Led(StrEnum):
    """The modes that have a colour of their own on the connected button."""

    OFF = "off"
    NORMAL = "normal"
    SMART = "smart"
    SOLAR = "solar"
    CUSTOM = "custom"
