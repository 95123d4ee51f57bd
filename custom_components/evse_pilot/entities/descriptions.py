"""What a device shows, as data: reading functions get the state, writing functions get the target.

A sensor cannot reach the wire, for its function never sees the charger. C is what commands go to, S its state.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from homeassistant.components.binary_sensor import BinarySensorEntityDescription
from homeassistant.components.button import ButtonEntityDescription
from homeassistant.components.calendar import CalendarEntityDescription
from homeassistant.components.datetime import DateTimeEntityDescription
from homeassistant.components.light import LightEntityDescription
from homeassistant.components.number import NumberEntityDescription
from homeassistant.components.select import SelectEntityDescription
from homeassistant.components.sensor import SensorEntityDescription
from homeassistant.components.switch import SwitchEntityDescription
from homeassistant.components.text import TextEntityDescription
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.typing import StateType

from ..scheduling.schedule import Schedule

type Rgb = tuple[int, int, int]


def known[S](value_fn: Callable[[S], object | None]) -> Callable[[S], bool]:
    """Return the test whether a state knows this value: for entities that are there where it is."""
    return lambda state: value_fn(state) is not None


@dataclass(frozen=True, kw_only=True)
class Described[S](EntityDescription):
    """An entity that is there from the first state that calls for it; its key is its translation key.

    Its state is assumed if it is what was last set from here, and the device does not show it. What is set of one that is
    `owners` is a claim of the owner: its function gets the owner's controls, and not the charger.
    """

    exists_fn: Callable[[S], bool] = lambda _: True
    available_fn: Callable[[S], bool] = lambda _: True
    assumed_state: bool = False
    owners: bool = False


@dataclass(frozen=True, kw_only=True)
class BinarySensorDescription[S](Described[S], BinarySensorEntityDescription):
    """On, off or unknown."""

    value_fn: Callable[[S], bool | None]


@dataclass(frozen=True, kw_only=True)
class ButtonDescription[C, S](Described[S], ButtonEntityDescription):
    """Something to do once."""

    press_fn: Callable[[C], Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class CalendarDescription[C, S](Described[S], CalendarEntityDescription):
    """A week of charging windows to read and to write."""

    value_fn: Callable[[S], Schedule]
    set_fn: Callable[[C, Schedule], Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class DateTimeDescription[C, S](Described[S], DateTimeEntityDescription):
    """A moment to choose."""

    value_fn: Callable[[S], datetime | None]
    set_fn: Callable[[C, datetime], Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class LightDescription[C, S](Described[S], LightEntityDescription):
    """A coloured light, red, green and blue from 0 to 255; black is off."""

    value_fn: Callable[[S], Rgb | None]
    set_fn: Callable[[C, Rgb], Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class NumberDescription[C, S](Described[S], NumberEntityDescription):
    """A number to set; its limits may be the device's own."""

    value_fn: Callable[[S], float | None]
    set_fn: Callable[[C, float], Awaitable[Any]]
    min_fn: Callable[[S], float | None] | None = None
    max_fn: Callable[[S], float | None] | None = None
    step_fn: Callable[[S], float] | None = None


@dataclass(frozen=True, kw_only=True)
class SelectDescription[C, S, E: StrEnum](Described[S], SelectEntityDescription):
    """One of the words of E, or of those that the state offers."""

    words: type[E]
    value_fn: Callable[[S], E | None]
    set_fn: Callable[[C, E], Awaitable[Any]]
    options_fn: Callable[[S], Iterable[E]] | None = None


@dataclass(frozen=True, kw_only=True)
class SensorDescription[S](Described[S], SensorEntityDescription):
    """A value to read, and what is said of it besides."""

    value_fn: Callable[[S], StateType | datetime]
    attributes_fn: Callable[[S], Mapping[str, Any]] | None = None


@dataclass(frozen=True, kw_only=True)
class SwitchDescription[C, S](Described[S], SwitchEntityDescription):
    """Something to turn on and off."""

    value_fn: Callable[[S], bool | None]
    set_fn: Callable[[C, bool], Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class TextDescription[C, S](Described[S], TextEntityDescription):
    """A text to set."""

    value_fn: Callable[[S], str | None]
    set_fn: Callable[[C, str], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entities[C, S]:
    """All that a device shows, one tuple a platform."""

    binary_sensors: tuple[BinarySensorDescription[S], ...] = ()
    buttons: tuple[ButtonDescription[C, S], ...] = ()
    calendars: tuple[CalendarDescription[C, S], ...] = ()
    datetimes: tuple[DateTimeDescription[C, S], ...] = ()
    lights: tuple[LightDescription[C, S], ...] = ()
    numbers: tuple[NumberDescription[C, S], ...] = ()
    selects: tuple[SelectDescription[C, S, Any], ...] = ()
    sensors: tuple[SensorDescription[S], ...] = ()
    sensors_fn: Callable[[S], Iterable[SensorDescription[S]]] = lambda _: ()
    """Those that only a state can name, such as the registers of a meter; with names of their own."""
    switches: tuple[SwitchDescription[C, S], ...] = ()
    texts: tuple[TextDescription[C, S], ...] = ()
