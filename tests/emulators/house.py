"""An emulated house: what is switched on in it, what its cars draw, and what the meter at its main fuse sees."""

from collections.abc import Callable, Sequence
from typing import ClassVar, override

from .base import Emulator, Request, Response

KETTLE_A, OVEN_A = 10.0, 14.0


class HouseEmulator(Emulator):
    """A house on three phases. Its meter has no server: it is shown by reading `metered_a`."""

    name: ClassVar[str] = "House"
    buttons: ClassVar[dict[str, str]] = {
        "kettle_on": "switch the kettle on",
        "kettle_off": "switch the kettle off",
        "oven_on": "switch the oven on",
        "oven_off": "switch the oven off",
        "load": "let everything else draw VALUE A on each phase (2)",
        "unplug_meter": "pull the plug of the meter",
        "plug_in_meter": "plug the meter in again",
    }

    def __init__(self, cars: Callable[[], Sequence[Sequence[float]]]) -> None:
        """Know what draws besides: of each car, amperes of L1, L2 and L3."""
        super().__init__()
        self._cars = cars
        self.load_a = 2.0
        self.kettle = self.oven = False
        self.meter_works = True

    # Hands

    def kettle_on(self) -> None:
        """Make tea: phase 1."""
        self.kettle = True

    def kettle_off(self) -> None:
        """Pour the tea."""
        self.kettle = False

    def oven_on(self) -> None:
        """Make a cake: phase 2."""
        self.oven = True

    def oven_off(self) -> None:
        """Take the cake out."""
        self.oven = False

    def load(self, amps: float = 2) -> None:
        """Let everything else draw so much on each phase; below 0 the roof gives more than that."""
        self.load_a = amps

    def unplug_meter(self) -> None:
        """Let the meter report nothing any more."""
        self.meter_works = False

    def plug_in_meter(self) -> None:
        """Let the meter speak again."""
        self.meter_works = True

    # Eyes

    @property
    def mains_a(self) -> list[float]:
        """Return what flows through the main fuse on each phase."""
        house = [self.load_a + KETTLE_A * self.kettle, self.load_a + OVEN_A * self.oven, self.load_a]
        return [amps + sum(car[phase] for car in self._cars()) for phase, amps in enumerate(house)]

    @property
    def metered_a(self) -> list[float] | None:
        """Return what the meter reports; None while it is unplugged."""
        return [round(amps, 1) for amps in self.mains_a] if self.meter_works else None

    @override
    def tick(self, seconds: float) -> None:
        """Nothing in the house takes time."""

    @override
    async def answer(self, request: Request) -> Response | None:
        return Response(status=404)
