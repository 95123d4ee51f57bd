"""What a person or an automation asks of an action in earnest, by a source of chance that can be repeated."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# The modes of the makes that have some in which a car may charge.
_MODES = {"smartevse": ("normal", "smart", "Solar"), "evnex": ("enabled",)}
_SWITCHES_PHASES = ("smartevse", "lektrico", "psp", "existing")
FOLLOWED, PRICES, SOC = "input_boolean.cheap", "sensor.price", "sensor.soc"


class Wishes:
    """Good values for one call on a charger of a make, or on a group, at a moment of local time.

    `is_careless`: numbers may as well be a little too low or too high, moments may have passed, and a field may be missing.
    """

    def __init__(self, rng: Random, make: str, now: datetime, *, is_careless: bool = False) -> None:
        """Draw nothing yet."""
        self._rng = rng
        self._make = make
        self._now = now
        self._is_careless = is_careless

    def data(self, action: str) -> dict[str, Any]:
        """Return the fields of an action: what the method with its name draws, or none."""
        draw: Callable[[], dict[str, Any]] | None = getattr(self, action, None)
        data = {} if draw is None else draw()
        if data and self._slips():
            del data[self._rng.choice(list(data))]
        return data

    # Parts of them

    def _slips(self) -> bool:
        """Return whether this one is drawn without care: not all of them, or each call would be refused for the first."""
        return self._is_careless and self._rng.random() < 0.4

    def _some(self, **fields: Any) -> dict[str, Any]:
        """Return some of these fields, each of which may be left out."""
        return {key: each for key, each in fields.items() if self._rng.random() < 0.5}

    def _number(self, low: float, high: float) -> float | str:
        """Return a number, whole or not, or a text of one as templates have it."""
        if self._slips():
            low, high = low - (high - low) / 2, high + (high - low) / 2
        found = self._rng.choice(
            (self._rng.randint(round(low), round(high)), round(self._rng.uniform(low, high), 1))
        )
        return str(found) if self._rng.random() < 0.1 else found

    def _current(self) -> float | str:
        ends: tuple[float, ...] = (-1, 3, 5.9, 33) if self._is_careless else (0, 6, 16)
        return self._rng.choice((*ends, self._number(6, 16)))

    def _later(self, minutes: int) -> datetime:
        """Return a moment to come, at least two minutes away, and at most so many."""
        return self._now + timedelta(minutes=self._rng.randint(-1440 if self._slips() else 2, minutes))

    def _duration(self) -> Any:
        minutes = self._rng.randint(1, 600)
        return self._rng.choice(
            (
                {"minutes": minutes},
                {"hours": 1, "seconds": 30},
                f"{minutes // 60:02}:{minutes % 60:02}:01",
                minutes,
            )
        )

    def _some_days(self) -> list[str]:
        return self._rng.sample(_DAYS, self._rng.randint(1, 7))

    def _window(self, first_h: int, last_h: int) -> dict[str, Any]:
        """Return a window that begins and ends within these hours of a day."""
        rng, days = self._rng, self._some_days()
        start, end = sorted(rng.sample(range(first_h * 60, last_h * 60), 2))
        date = self._now.date() + timedelta(days=rng.randint(-3 if self._slips() else 1, 300))
        when: dict[str, Any] = rng.choice(
            (
                {},
                {"days": days},
                {"days": days[0]},
                {"date": date.isoformat()},
                {"days": [_DAYS[date.weekday()]], "except": [str(date)]},
            )
        )
        choices = {"current": self._current(), "energy": self._number(1, 60), "title": "night"}
        if self._make in _MODES:
            choices["mode"] = rng.choice(_MODES[self._make])
        if self._make in _SWITCHES_PHASES:
            choices["phases"] = rng.choice((1, 3))
        return when | {"start": _time(start), "end": _time(end)} | self._some(**choices)

    # The fields of the actions

    def authorize(self) -> dict[str, Any]:
        """Return a card that the charger knows, or another."""
        return {
            "tag": self._rng.choice(
                ("04A1B2C3D4E5F6", "01:02:03:04:05:06", f"{self._rng.getrandbits(56):014X}")
            )
        }

    def override_control_pilot(self) -> dict[str, Any]:
        """Return a share of the time."""
        return {"duty_cycle": self._number(0, 100)}

    def factory_reset(self) -> dict[str, Any]:
        """Return that it is meant."""
        return {"confirm": True}

    open_access_point = factory_reset

    def set_hardware_limit(self) -> dict[str, Any]:
        """Return a current that no limit of the circuit is above."""
        return {"confirm": True, "current": self._rng.randint(16, 32)}

    def set_access_point_password(self) -> dict[str, Any]:
        """Return a password."""
        return {"password": f"correct horse {self._rng.randrange(1000)}"}

    def set_available_power(self) -> dict[str, Any]:
        """Return what a house has left."""
        return {"power": self._number(0, 22_000)}

    def set_schedule(self) -> dict[str, Any]:
        """Return windows, or an entity to follow."""
        more = self._some(
            outside=self._rng.choice(("paused", "allowed")),
            enabled=self._rng.random() < 0.7,
            executed_by=self._rng.choice(("auto", "home_assistant", "Home Assistant")),
        )
        if self._rng.random() < 0.2:
            return {"follow": FOLLOWED} | more
        halves = ((0, 11), (12, 24))
        return {
            "windows": [self._window(*hours) for hours in self._rng.sample(halves, self._rng.randint(1, 2))]
        } | more

    def set_delayed_start(self) -> dict[str, Any]:
        """Return a start, and maybe a stop after it."""
        start = self._later(1440)
        data: dict[str, Any] = {"start": start.isoformat()}
        if self._rng.random() < 0.6:
            data["stop"] = (start + timedelta(minutes=self._rng.randint(2, 900))).isoformat()
            data |= self._some(daily=True)
        return data | (self._some(mode="normal") if self._make == "smartevse" else {})

    def set_goal(self) -> dict[str, Any]:
        """Return a goal by energy, by state of charge or by price."""
        rng = self._rng
        what: dict[str, Any] = rng.choice(
            (
                {"energy": self._number(1, 60)},
                {"soc": self._number(20, 100), "soc_entity": SOC, "battery": self._number(20, 100)},
                {"price_ceiling": rng.uniform(-0.1, 0.4), "prices": PRICES},
            )
        )
        when: dict[str, Any] = rng.choice(
            (
                {"ready_by": _time(rng.randrange(1440))},
                {"ready_by": _time(rng.randrange(1440)), "days": self._some_days()},
                {"ready_by": self._later(7200).isoformat()},
            )
        )
        if "price_ceiling" in what and rng.random() < 0.5:
            when = {}
        at_once, at_most = self._number(1, 5), self._number(5, 60)
        return self._some(at_once=at_once, at_most=at_most, one_piece=True, prices=[PRICES]) | what | when

    def set_group_limit(self) -> dict[str, Any]:
        """Return a limit in A or W, or in both, for a time or for good."""
        data = self._some(current=self._number(0, 80), power=self._number(0, 20_000), cars_only=True)
        if not data.keys() & {"current", "power"}:
            data["current"] = self._number(0, 80)
        return data | self._rng.choice(
            ({}, {"duration": self._duration()}, {"until": str(self._later(7200).replace(tzinfo=None))})
        )

    def list_sessions(self) -> dict[str, Any]:
        """Return days, of which the first is not after the last."""
        first = self._now.date() - timedelta(days=self._rng.randint(0, 60))
        last = first + timedelta(days=self._rng.randint(0, 60))
        return self._some(start=str(first), end=str(last), format=self._rng.choice(("list", "csv")))

    def set_current_limit(self) -> dict[str, Any]:
        """Return a limit, for a time or for good."""
        return {"current": self._current()} | self._some(duration=self._duration())

    def set_mains_currents(self) -> dict[str, Any]:
        """Return what flows on some phases, or of a battery."""
        data = self._some(
            **{f"l{phase}": self._number(-20, 30) for phase in (1, 2, 3)}, home_battery=self._number(-20, 20)
        )
        return data or {"l1": 1}

    def set_ev_meter(self) -> dict[str, Any]:
        """Return the currents, or the power together with the energy."""
        if self._rng.random() < 0.5:
            return {f"l{phase}": self._number(0, 16) for phase in (1, 2, 3)}
        return {"power": self._number(0, 11_000), "energy_import": self._number(1, 9999)} | self._some(
            energy_export=0
        )


def _time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
