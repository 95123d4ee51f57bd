"""The integration of an Otherbox, as the charger of another integration sees it: entities that are polled, and actions."""

import asyncio
from collections.abc import Callable, Mapping
import time
from typing import Any, override

from aiohttp import ClientSession
from chargers.entity_port import DeviceFacts, EntityPort, Reading, Role
from chargers.errors import ChargerError, ChargerNoReplyError, ChargerUnreachableError
from chargers.existing.charger import ExistingCharger, Setup
from chargers.existing.profiles import Profile, profile_of
from chargers.http import JsonHttp

from tests.emulators.base import Emulator
from tests.emulators.otherbox import MOST_A, OtherboxEmulator

PROFILE: Mapping[str, Any] = {
    "integration": "otherbox",
    "name": "Otherbox",
    "tried": "emulated",
    "roles": {
        "status": {"keys": ["state"]},
        "limit": {"keys": ["limit"]},
        "switch": {"keys": ["charging"]},
        "phases": {"keys": ["phases"]},
        "power": {"keys": ["power"]},
        "current_l1": {"keys": ["current_l1"]},
        "current_l2": {"keys": ["current_l2"]},
        "current_l3": {"keys": ["current_l3"]},
        "energy": {"keys": ["total"]},
        "session_energy": {"keys": ["session"]},
    },
    "status": {
        "vacant": "disconnected",
        "ready": "connected",
        "delivering": "charging",
        "halted": "paused",
        "faulted": "fault",
    },
    "limit": {"maximum_a": 32, "step_a": 1},
    "phases": {"one": "on", "three": "off"},
    "commands": {"a_day": 200, "shown_within_s": 10},
}
_DOMAINS = {Role.LIMIT: "number", Role.SWITCH: "switch", Role.PHASES: "switch"}
_UNITS = {Role.LIMIT: "A", Role.POWER: "kW", Role.ENERGY: "kWh", Role.SESSION_ENERGY: "kWh"}


class PolledPort(EntityPort):
    """The entities of an Otherbox; all are unavailable when it does not answer."""

    def __init__(self, session: ClientSession, emulator: OtherboxEmulator) -> None:
        """Know where it is."""
        self._http = JsonHttp(session, emulator.host, emulator.port)
        self._answer: Mapping[str, Any] | None = None
        self._at_s = 0.0
        self._least_a = 0 if emulator.zero_pauses else 6

    @override
    def domain(self, role: Role) -> str | None:
        return _DOMAINS.get(role, "sensor")

    @override
    def now_s(self) -> float:
        return time.monotonic()

    @override
    def facts(self) -> DeviceFacts:
        answer = self._answer or {}
        return DeviceFacts(
            manufacturer="Otherbox", model=answer.get("model"), firmware=answer.get("firmware")
        )

    @override
    def name(self, role: Role) -> str:
        return f"sensor.{role}"

    @override
    def read(self, role: Role) -> Reading | None:
        value = None if self._answer is None else _value(self._answer, role)
        unit = "A" if role.startswith("current") else _UNITS.get(role)
        attributes: dict[str, Any] = {} if unit is None else {"unit_of_measurement": unit}
        if role is Role.LIMIT:
            attributes |= {"min": self._least_a, "max": MOST_A, "step": 1}
        return Reading(value=value, at_s=self._at_s, attributes=attributes)

    @override
    async def refresh(self) -> None:
        try:
            answer = await self._http.get_json("/status")
        except ChargerError:
            answer = None
        self._answer = answer if isinstance(answer, dict) and "allowed" in answer else None
        self._at_s = self.now_s()

    @override
    async def call(self, action: str, data: Mapping[str, Any], role: Role | None) -> None:
        name = action.partition(".")[2]
        command: dict[str, Any] = {}
        if name == "set_value":
            command = {"limit": data["value"]}
        elif role is Role.SWITCH:
            command = {"allowed": name == "turn_on"}
        elif role is Role.PHASES:
            command = {"phases": 1 if name == "turn_on" else 3}
        try:
            reply = await self._http.post_json("/set", body=command)
        except ChargerUnreachableError:
            raise
        except ChargerError as error:
            raise ChargerNoReplyError("its integration failed") from error
        if reply != {"accepted": True}:
            raise ChargerNoReplyError("its integration failed")

    @override
    async def act(self, amps: float) -> None:
        await self.call("number.set_value", {"value": amps}, Role.LIMIT)

    @override
    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        return lambda: None


def _value(answer: Mapping[str, Any], role: Role) -> str | None:
    switched = {True: "on", False: "off"}
    values = {
        Role.STATUS: answer.get("state"),
        Role.LIMIT: answer.get("limit"),
        Role.SWITCH: switched.get(answer.get("allowed", "")),
        Role.PHASES: switched.get(answer.get("phases") == 1),
        Role.POWER: answer.get("power"),
        Role.ENERGY: answer.get("total"),
        Role.SESSION_ENERGY: answer.get("session"),
    }
    if role.startswith("current"):
        currents = answer.get("currents", [])
        return str(currents[int(role[-1]) - 1]) if len(currents) >= int(role[-1]) else None
    value = values.get(role)
    return None if value is None else str(value)


def connect(session: ClientSession, emulator: Emulator) -> ExistingCharger:
    """Return our side of an Otherbox."""
    assert isinstance(emulator, OtherboxEmulator)
    roles = {Role(role) for role in PROFILE["roles"]}
    if emulator.zero_pauses:
        roles -= {Role.SWITCH}
    setup = Setup(
        integration="otherbox", device_id="0123456789abcdef", circuit_a=32.0, roles=frozenset(roles)
    )
    profile = profile_of(PROFILE)

    async def read_profile(_: str) -> Profile:
        await asyncio.sleep(0)
        return profile

    return ExistingCharger(PolledPort(session, emulator), setup, read_profile)
