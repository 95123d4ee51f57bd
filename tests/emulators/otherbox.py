"""A charger of another make, which Home Assistant has by another integration, on a socket.

It is no product. It has what such chargers have in common: a status, a limit that a command changes after a while, a
permission to charge or a limit of 0 for it, and, as a cloud, a least time between two commands.
"""

from collections.abc import Callable
import json
import math
import time
from typing import Any, ClassVar, override

from .base import Emulator, Request, Response

VOLTS = 230.0
LEAST_A, MOST_A = 6, 16
_DUST = 1e-6


class OtherboxEmulator(Emulator):
    """One charger with three phases; `zero_pauses`: it has no switch, and a limit of 0 pauses it.

    `slow_s`: how long a command takes to have an effect. `every_s`: how soon another command is accepted. `is_deaf`: it
    accepts commands and does nothing.
    """

    name: ClassVar[str] = "Otherbox"
    step_a: ClassVar[float] = 1.0
    buttons: ClassVar[dict[str, str]] = {
        "plug_in": "plug a car in",
        "unplug": "unplug the car",
        "draw": "let the car draw at most VALUE A on each phase (32)",
        "switch_off": "forbid charging in its own app",
        "switch_on": "allow charging in its own app",
        "limit": "set a limit of VALUE A in its own app (16)",
        "fail": "raise a fault",
        "clear": "clear the fault",
        "break_line": "let the line fail in the way VALUE (silent, cut, html, busy ...), or ok",
    }

    def __init__(
        self,
        *,
        zero_pauses: bool = False,
        slow_s: float = 0.0,
        every_s: float = 0.0,
        phases: int = 3,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Stand there unplugged, with all that it can give."""
        super().__init__(clock=clock)
        self.zero_pauses = zero_pauses
        self.slow_s, self.every_s = slow_s, every_s
        self.is_deaf = False
        self.plugged = self.failed = False
        self.allowed = True
        self.limit_a: float = MOST_A
        self.phases = self.wired = phases
        self.car_a: float = 32.0
        self.total_wh, self.session_wh = 1_234_500.0, 0.0
        self.refused = 0
        self._pending: list[tuple[float, dict[str, Any]]] = []
        self._last_command_s = float("-inf")

    # Hands

    def plug_in(self) -> None:
        """Plug a car in."""
        if not self.plugged:
            self.plugged, self.session_wh = True, 0.0

    def unplug(self) -> None:
        """Drive away."""
        self.plugged = False

    def draw(self, amps: float = 32) -> None:
        """Let the car draw up to so much on each phase."""
        self.car_a = amps

    def switch_off(self) -> None:
        """Forbid charging."""
        self._apply({"limit": 0} if self.zero_pauses else {"allowed": False})

    def switch_on(self) -> None:
        """Allow charging."""
        self._apply({"limit": MOST_A} if self.zero_pauses else {"allowed": True})

    def limit(self, amps: float = 16) -> None:
        """Set another limit at the charger."""
        self._apply({"limit": amps})

    def fail(self) -> None:
        """Have a fault."""
        self.failed = True

    def clear(self) -> None:
        """Have none any more."""
        self.failed = False

    # The world

    @property
    def allows_a(self) -> float:
        """Return what it lets a car draw, in A per phase."""
        self._carry_out()
        return self.limit_a if self.allowed and not self.failed and self.limit_a >= LEAST_A else 0.0

    @property
    def drawn_a(self) -> float:
        """Return what the car draws on each phase in use."""
        return min(self.car_a, self.allows_a) if self.plugged else 0.0

    @property
    def power_w(self) -> float:
        """Return the power of the car."""
        return self.drawn_a * VOLTS * self.phases

    @property
    def state(self) -> str:
        """Return its status in its own words."""
        if self.failed:
            return "faulted"
        if not self.plugged:
            return "vacant"
        if self.allows_a == 0:
            return "halted"
        return "delivering" if self.drawn_a else "ready"

    @override
    def tick(self, seconds: float) -> None:
        self._carry_out()
        energy_wh = self.power_w * seconds / 3600
        self.total_wh += energy_wh
        self.session_wh += energy_wh

    def _carry_out(self) -> None:
        """Let the commands have their effect that are due."""
        due = [command for due_s, command in self._pending if due_s <= self.now]
        self._pending = [each for each in self._pending if each[0] > self.now]
        for command in due:
            self._apply(command)

    def _apply(self, command: dict[str, Any]) -> None:
        if "limit" in command:
            # It takes what it is given, down to 0, and gives whole steps.
            steps = math.floor(command["limit"] / self.step_a + _DUST)
            self.limit_a = min(float(MOST_A), round(steps * self.step_a, 3))
        if "allowed" in command:
            self.allowed = command["allowed"]
        if "phases" in command:
            self.phases = min(command["phases"], self.wired)

    # The wire

    @override
    async def answer(self, request: Request) -> Response | None:
        if request.method == "GET":
            return Response.of(self.status())
        command = json.loads(request.body)
        if self.now < self._last_command_s + self.every_s:
            self.refused += 1
            return Response(b"{}", 429)
        self._last_command_s = self.now
        if not self.is_deaf:
            self._pending.append((self.now + self.slow_s, command))
            self._carry_out()
        return Response.of({"accepted": True})

    def status(self) -> dict[str, Any]:
        """Return what it shows."""
        self._carry_out()
        amps = self.drawn_a
        return {
            "model": "Otherbox 11",
            "firmware": "4.2",
            "state": self.state,
            "limit": self.limit_a,
            "allowed": self.allowed,
            "has_switch": not self.zero_pauses,
            "phases": self.phases,
            "power": round(self.power_w / 1000, 3),
            "currents": [amps if phase < self.phases else 0.0 for phase in range(self.wired)],
            "total": round(self.total_wh / 1000, 3),
            "session": round(self.session_wh / 1000, 3),
        }
