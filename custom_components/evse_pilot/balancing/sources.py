"""Sources of the currents of the mains: sensors that the house has, or the meter of a charger."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
import math
from typing import Any, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import (
    ATTR_UNIT_OF_MEASUREMENT,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfPower,
)
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event, async_track_state_report_event
from homeassistant.util.unit_conversion import (
    BaseUnitConverter,
    ElectricCurrentConverter,
    ElectricPotentialConverter,
    PowerConverter,
)

from ..chargers.capabilities import MainsMeter
from ..runtime.read_by_groups import async_note_read
from .circuits import CONF_RESERVE, data_of_circuits, is_metered
from .meters import sensors_of
from .settings import (
    CONF_MAINS,
    CONF_MARGIN,
    CONF_METER,
    CONF_RETURNED,
    CONF_SENSOR,
    CONF_SIGN,
    CONF_VOLTAGE,
    Mains,
    Sign,
    limit_of,
    nominal_voltage_of,
    of_phase,
)
from .siblings import Siblings
from .telegram import WAITS_S, Telegram
from .watch import ChargerWatch

# The current of each phase in A, export negative; None: nothing new was read of it.
type Listener = Callable[[Sequence[float | None]], None]

# A phase that has less, or more, is not measured but broken.
_LEAST_V, _MOST_V = 80.0, 500.0


class MainsSensors:
    """Takes each report of the sensors of the house for a reading, also of the value that was there before."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        phases: int,
        listener: Listener,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """Know the entry of the group, whose options name the sensors of each phase, unless `settings` do."""
        self._hass = hass
        self._entry = entry
        self._settings = settings
        self._listener = listener
        self._phases = phases
        self._phase_of: dict[str, int] = {}
        self._telegram = Telegram()
        self._siblings = Siblings(hass, self._begin_telegram)
        self._soon: asyncio.Handle | None = None
        self._end: asyncio.TimerHandle | None = None
        self._cancel: list[CALLBACK_TYPE] = []

    @property
    def _options(self) -> Mapping[str, Any]:
        return self._entry.options if self._settings is None else self._settings

    @callback
    def async_start(self) -> None:
        """Listen to the sensors under the names that they have now."""
        self.async_stop()
        self._phase_of = {
            entity_id: phase
            for phase in range(1, self._phases + 1)
            # A voltage alone is no reading of a current.
            for key in (CONF_SENSOR, CONF_RETURNED)
            if (entity_id := self._options.get(of_phase(key, phase))) is not None
        }
        self._telegram = Telegram(self._phase_of)
        self._siblings.async_attach(self._phase_of)
        self._cancel = [
            async_track_state_change_event(self._hass, self._phase_of, self._on_report),
            async_track_state_report_event(self._hass, self._phase_of, self._on_report),
            # A charger of ours, or an energy meter, shows its small changes only now and then otherwise.
            async_note_read(self._hass, sensors_of(self._entry)),
        ]

    @callback
    def async_stop(self) -> None:
        """Stop listening."""
        for handle in (self._soon, self._end):
            if handle is not None:
                handle.cancel()
        self._soon = self._end = None
        self._siblings.async_detach()
        for cancel in self._cancel:
            cancel()
        self._cancel = []

    @callback
    def _on_report(self, event: Any) -> None:
        """Wait for the other values of the same telegram, which are reported one by one, or in messages of their own."""
        entity_id: str = event.data["entity_id"]
        phase = self._phase_of[entity_id]
        self._siblings.report(event)
        if self._telegram.add(entity_id, phase, self._amps(phase), self._limit_a) and self._soon is None:
            self._soon = self._hass.loop.call_soon(self._on_telegram)
        self._begin_telegram()

    @callback
    def _begin_telegram(self) -> None:
        if self._end is None:
            self._end = self._hass.loop.call_later(WAITS_S, self._on_end)

    @callback
    def _on_end(self) -> None:
        """Read what has arrived within the time of a telegram, and what is as it was in a meter that is alive."""
        self._end_telegram()
        for phase in range(1, self._phases + 1):
            if self._siblings.take_due(sensor for sensor, its in self._phase_of.items() if its == phase):
                self._telegram.again(phase)
        self._on_telegram()

    @callback
    def _end_telegram(self) -> None:
        """Count what arrives from now on to the next telegram."""
        if self._end is not None:
            self._end.cancel()
            self._end = None
        self._telegram.end()

    @callback
    def _on_telegram(self) -> None:
        self._soon = None
        if self._telegram.is_whole:
            self._end_telegram()
        reported = self._telegram.take()
        amps = [self._amps(phase) if phase in reported else None for phase in range(1, self._phases + 1)]
        for phase, reading in enumerate(amps, 1):
            if reading is not None:
                self._telegram.note_read(phase, reading)
        if any(reading is not None for reading in amps):
            self._listener(amps)

    @property
    def _limit_a(self) -> float:
        """Return above what a current calls for less."""
        return limit_of(self._options) - float(self._options[CONF_MARGIN])

    def _amps(self, phase: int) -> float | None:
        """Return what is drawn from a phase; None if it is not known."""
        sensor = self._options[of_phase(CONF_SENSOR, phase)]
        sign = -1 if self._options.get(CONF_SIGN) == Sign.EXPORT_POSITIVE else 1
        amps = self._value(sensor, ElectricCurrentConverter, UnitOfElectricCurrent.AMPERE)
        if amps is not None:
            return sign * amps
        watts = self._value(sensor, PowerConverter, UnitOfPower.WATT)
        if watts is None:
            return None
        if (returned := self._options.get(of_phase(CONF_RETURNED, phase))) is not None:
            returned_w = self._value(returned, PowerConverter, UnitOfPower.WATT)
            if returned_w is None:
                return None
            watts, sign = watts - returned_w, 1
        return sign * watts / self.volts(phase)

    def volts(self, phase: int) -> float:
        """Return the voltage of a phase, from 1, as it is measured, or the nominal one."""
        measured = self._options.get(of_phase(CONF_VOLTAGE, phase))
        volts = (
            None
            if measured is None
            else self._value(measured, ElectricPotentialConverter, UnitOfElectricPotential.VOLT)
        )
        if volts is None or not _LEAST_V <= volts <= _MOST_V:
            return nominal_voltage_of(self._options)
        return volts

    def _value(self, entity_id: str, converter: type[BaseUnitConverter], unit: str) -> float | None:
        """Return the value of an entity in this unit; None if it has none, or measures something else."""
        state = self._hass.states.get(entity_id)
        if (
            state is None
            or (given := state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)) not in converter.VALID_UNITS
        ):
            return None
        try:
            value = float(state.state)
        except ValueError:
            return None
        return converter.convert(value, given, unit) if math.isfinite(value) else None


class MainsOfCharger(ChargerWatch):
    """Takes the mains meter that a charger of ours reads."""

    def __init__(
        self, hass: HomeAssistant, entry_id: str, phases: int, listener: Listener, nominal_v: float
    ) -> None:
        """Know which charger; nothing is read yet."""
        super().__init__(hass, entry_id)
        self._phases = phases
        self._listener = listener
        self._nominal_v = nominal_v

    def volts(self, phase: int) -> float:
        """Return the nominal voltage; a charger reports none of the mains."""
        return self._nominal_v

    @callback
    @override
    def on_reading(self, state: Any) -> None:
        """Take each snapshot for a reading."""
        assert self.device is not None
        meter = self.device.target.capability(MainsMeter)
        amps = None if meter is None else meter.mains_currents_a(state)
        if amps is not None:
            self._listener(tuple(amps)[: self._phases])


def circuit_meters(
    hass: HomeAssistant,
    entry: ConfigEntry,
    phases: int,
    listener: Callable[[str, Sequence[float | None]], None],
) -> list[MainsSensors]:
    """Return the meters of the circuits of a group that have one; the listener gets the id of the circuit, too."""
    return [
        MainsSensors(
            hass, entry, phases, partial(listener, circuit_id), {**data, CONF_MARGIN: data[CONF_RESERVE]}
        )
        for circuit_id, data in data_of_circuits(entry).items()
        if is_metered(data)
    ]


def mains_source(
    hass: HomeAssistant, entry: ConfigEntry, phases: int, listener: Listener
) -> MainsSensors | MainsOfCharger:
    """Return the source that the owner of a group has chosen."""
    if entry.options[CONF_MAINS] == Mains.CHARGER:
        return MainsOfCharger(
            hass, entry.options[CONF_METER], phases, listener, nominal_voltage_of(entry.options)
        )
    return MainsSensors(hass, entry, phases, listener)
