"""Settings of a peak tariff, in the options of a group."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

CONF_PEAK_WINDOW: Final = "peak_window"
CONF_PEAK_TARGET: Final = "peak_target"
CONF_PEAK_FOLLOWS: Final = "peak_follows"
CONF_PEAK_SENSOR: Final = "peak_sensor"
OF_A_PEAK: Final = frozenset({CONF_PEAK_WINDOW, CONF_PEAK_TARGET, CONF_PEAK_FOLLOWS, CONF_PEAK_SENSOR})

# The least that the Belgian tariff bills.
DEFAULT_TARGET_KW: Final = 2.5
MOST_TARGET_KW: Final = 100.0


class PeakLength(StrEnum):
    """The windows of a peak tariff."""

    NONE = "none"
    QUARTER = "quarter_hour"
    HALF = "half_hour"
    HOUR = "hour"


_MINUTES: Final = {PeakLength.QUARTER: 15, PeakLength.HALF: 30, PeakLength.HOUR: 60}


def window_minutes(options: Mapping[str, Any]) -> int | None:
    """Return the length of the windows; None: there is no peak tariff."""
    return _MINUTES.get(PeakLength(options.get(CONF_PEAK_WINDOW, PeakLength.NONE)))


def target_w_of(options: Mapping[str, Any]) -> float:
    """Return the highest mean that is wanted, in W."""
    return 1000 * float(options.get(CONF_PEAK_TARGET, DEFAULT_TARGET_KW))
