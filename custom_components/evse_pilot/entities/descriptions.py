"""Descriptions of entities: functions that read get the state, functions that write get the target.

A sensor cannot reach the wire, because its function never gets the charger. C is the target of commands, S its state.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum
from typing import Any

from homeassistant.components.binary_sensor import BinarySensorEntityDescription
from homeassistant.components.button import ButtonEntityDescription
from homeassistant.components.calendar import CalendarEntityDescription
from homeassistant.components.datetime import DateTimeEntityDescription
from homeassistant.components.event import EventEntityDescription
from homeassistant.components.light import LightEntityDescription
from homeassistant.components.number import NumberEntityDescription
from homeassistant.components.select import SelectEntityDescription
from homeassistant.components.sensor import SensorEntityDescription
from homeassistant.components.switch import SwitchEntityDescription
from homeassistant.components.text import TextEntityDescription
from homeassistant.components.time import TimeEntityDescription
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.typing import StateType

from ..scheduling.schedule import Schedule

type Rgb = tuple[int, int, int]


def known[S](value_fn: Callable[[S], object | None]) -> Callable[[S], bool]:
    """Return the test that a state has this value, for entities that depend on it."""
    return lambda state: value_fn(state) is not None


def always(_: object) -> bool:
    """Return True, for entities that do not depend on the state."""
    return True


@dataclass(frozen=True, kw_only=True)
class Described[S](EntityDescription):
    """An entity that is added when `exists_fn` was true twice; its key is its translation key.

    Its state is assumed if the device does not report it, so that the last value set from Home Assistant is shown. With
    `owners` a change is a claim of the owner: the function that writes gets the owner's controls instead of the charger.
    `room` is the group that it belongs to, and how many entities of it there may be, with those of earlier runs: beyond
    that, one that no state has named for long is removed for a new one.
    """

    exists_fn: Callable[[S], bool] = always
    available_fn: Callable[[S], bool] = always
    assumed_state: bool = False
    owners: bool = False
    room: tuple[str, int] | None = None


@dataclass(frozen=True, kw_only=True)
class BinarySensorDescription[S](Described[S], BinarySensorEntityDescription):
    """A binary sensor."""

    value_fn: Callable[[S], bool | None]


@dataclass(frozen=True, kw_only=True)
class ButtonDescription[C, S](Described[S], ButtonEntityDescription):
    """A button."""

    press_fn: Callable[[C], Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class CalendarDescription[C, S](Described[S], CalendarEntityDescription):
    """A calendar of charging windows."""

    value_fn: Callable[[S], Schedule]
    set_fn: Callable[[C, Schedule], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedEvent:
    """What a calendar has of something that is over, or planned; moments in UTC."""

    begin: datetime
    end: datetime
    title: str


@dataclass(frozen=True, kw_only=True)
class ListedCalendarDescription[S](Described[S], CalendarEntityDescription):
    """A calendar of what is over, or is to come, oldest first, which cannot be changed."""

    value_fn: Callable[[S], Sequence[ListedEvent]]
    is_to_come: bool = False


@dataclass(frozen=True, kw_only=True)
class DateTimeDescription[C, S](Described[S], DateTimeEntityDescription):
    """A date and time to set."""

    value_fn: Callable[[S], datetime | None]
    set_fn: Callable[[C, datetime], Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class EventDescription[C, S](Described[S], EventEntityDescription):
    """Events of a device: `listen_fn` calls back with the type of each and its attributes, until it is cancelled."""

    listen_fn: Callable[[C, Callable[[str, Mapping[str, Any]], None]], Callable[[], None]]


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
    """A choice among the members of E, or among those that `options_fn` returns."""

    words: type[E]
    value_fn: Callable[[S], E | None]
    set_fn: Callable[[C, E], Awaitable[Any]]
    options_fn: Callable[[S], Iterable[E]] | None = None


@dataclass(frozen=True, kw_only=True)
class SensorDescription[S](Described[S], SensorEntityDescription):
    """A sensor, and its attributes; one `is_of_session` begins anew with each charging session.

    Where the charger numbers its sessions, `session_number_fn` returns the number of the session. `unit_fn` returns a
    unit that depends on the state, such as a currency.
    """

    value_fn: Callable[[S], StateType | datetime]
    unit_fn: Callable[[S], str | None] | None = None
    translation_placeholders: Mapping[str, str] = field(default_factory=dict)
    attributes_fn: Callable[[S], Mapping[str, Any]] | None = None
    is_of_session: bool = False
    session_number_fn: Callable[[S], int | None] = lambda _: None


@dataclass(frozen=True, kw_only=True)
class SwitchDescription[C, S](Described[S], SwitchEntityDescription):
    """A switch."""

    value_fn: Callable[[S], bool | None]
    set_fn: Callable[[C, bool], Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class TextDescription[C, S](Described[S], TextEntityDescription):
    """A text to set."""

    value_fn: Callable[[S], str | None]
    set_fn: Callable[[C, str], Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class TimeDescription[C, S](Described[S], TimeEntityDescription):
    """A time of day to set."""

    value_fn: Callable[[S], time | None]
    set_fn: Callable[[C, time], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entities[C, S]:
    """The entities of a device, one tuple for each platform."""

    binary_sensors: tuple[BinarySensorDescription[S], ...] = ()
    buttons: tuple[ButtonDescription[C, S], ...] = ()
    calendars: tuple[CalendarDescription[C, S] | ListedCalendarDescription[S], ...] = ()
    datetimes: tuple[DateTimeDescription[C, S], ...] = ()
    events: tuple[EventDescription[C, S], ...] = ()
    lights: tuple[LightDescription[C, S], ...] = ()
    numbers: tuple[NumberDescription[C, S], ...] = ()
    selects: tuple[SelectDescription[C, S, Any], ...] = ()
    sensors: tuple[SensorDescription[S], ...] = ()
    sensors_fn: Callable[[S], Iterable[SensorDescription[S]]] = lambda _: ()
    """Sensors that depend on the state, such as the registers of a meter; their descriptions have names."""
    sensor_fn: Callable[[str, str], SensorDescription[S] | None] = lambda _, __: None
    """One of those again, by its key and the name that it had: before the state names it; None: it is none of them."""
    switches: tuple[SwitchDescription[C, S], ...] = ()
    texts: tuple[TextDescription[C, S], ...] = ()
    times: tuple[TimeDescription[C, S], ...] = ()
