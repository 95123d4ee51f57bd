"""Parameters that feed a SmartEVSE with the readings of other meters."""

from ..errors import ChargerRefusedError, check_range
from ..types import EvReading, MainsReading
from .models import SmartEvseState


def mains_query(state: SmartEvseState, reading: MainsReading) -> dict[str, int]:
    """Return the parameters of POST /currents, in 0.1 A.

    Raises ChargerRefusedError for a value out of range, and at a node or where the mains meter is not "API".
    """
    if state.is_node:
        raise ChargerRefusedError("is_node")
    query: dict[str, int] = {}
    if reading.currents_a is not None:
        if state.mains_meter not in ("API", None):
            raise ChargerRefusedError("mains_meter_not_api")
        query |= _phases(reading.currents_a)
    if reading.battery_a is not None:
        query["battery_current"] = _deciamps(reading.battery_a)
    if not query:
        raise ChargerRefusedError("mains_reading_empty")
    return query


def ev_query(state: SmartEvseState, reading: EvReading) -> dict[str, int]:
    """Return the parameters of POST /ev_meter, in 0.1 A, W and Wh.

    Raises ChargerRefusedError for a value out of range, for an incomplete reading, and while the EV meter is not "API".
    """
    if state.ev_meter not in ("API", None):
        raise ChargerRefusedError("ev_meter_not_api")
    query = {} if reading.currents_a is None else _phases(reading.currents_a)
    power_w, import_wh, export_wh = reading.power_w, reading.import_wh, reading.export_wh
    if power_w is not None and import_wh is not None and export_wh is not None:
        query |= {
            "import_active_energy": _rounded(import_wh, 0, 2e9, "Wh"),
            "export_active_energy": _rounded(export_wh, 0, 2e9, "Wh"),
            "import_active_power": _rounded(power_w, -32_768, 32_767, "W"),
        }
    # The three are accepted together only.
    elif not query or (power_w, import_wh, export_wh) != (None, None, None):
        raise ChargerRefusedError("ev_meter_incomplete")
    return query


def _rounded(value: float, low: float, high: float, unit: str) -> int:
    check_range(value, low, high, unit)
    return round(value)


def _deciamps(amps: float) -> int:
    check_range(amps, -3276, 3276, "A")
    return round(amps * 10)


def _phases(currents_a: tuple[float, float, float]) -> dict[str, int]:
    return {f"L{phase}": _deciamps(amps) for phase, amps in enumerate(currents_a, 1)}
