"""An emulated house with a sub-board: what is switched on, what its cars draw, and what its meters see."""

from collections.abc import Callable, Sequence
from typing import ClassVar, override

from .base import Emulator, Request, Response
from .roof import VOLTS, Roof

KETTLE_A, OVEN_A, HOB_A, WELDER_A = 10.0, 14.0, 10.0, 10.0
# A freezer in the garage, on phase 2: a part of everything else.
FREEZER_A = 0.2
QUARTER_S = 900.0

type Cars = Callable[[], Sequence[Sequence[float]]]


class HouseEmulator(Emulator):
    """A house on three phases, with a sub-board in its garage. Their meters have no server.

    They are shown by reading `metered_a`, `garage_metered_a` and `average_demand_w`.
    """

    name: ClassVar[str] = "House"
    buttons: ClassVar[dict[str, str]] = {
        "kettle_on": "switch the kettle on",
        "kettle_off": "switch the kettle off",
        "oven_on": "switch the oven on",
        "oven_off": "switch the oven off",
        "hob_on": "switch the hob on",
        "hob_off": "switch the hob off",
        "welder_on": "switch the welder in the garage on",
        "welder_off": "switch the welder in the garage off",
        "load": "let everything else draw VALUE A on each phase (2)",
        "sun": "let the roof give VALUE kW (6)",
        "clouds_come": "let a cloud pass every minute",
        "clouds_go": "let the sky be clear",
        "battery": "let there be a home battery at VALUE % (60)",
        "no_battery": "switch the home battery off",
        "hold_battery": "keep the home battery from discharging",
        "release_battery": "let the home battery discharge again",
        "unplug_meter": "pull the plug of the meter",
        "plug_in_meter": "plug the meter in again",
    }

    def __init__(self, cars: Cars, garage_cars: Cars = list) -> None:
        """Know what draws besides: of each car, also of those behind the sub-board, amperes of L1, L2 and L3."""
        super().__init__()
        self._cars = cars
        self._garage_cars = garage_cars
        self.load_a = 2.0
        self.kettle = self.oven = self.hob = self.welder = False
        self.roof = Roof()
        self.meter_works = True
        # What was drawn in the quarter-hour that lasts.
        self._quarter = 0
        self._drawn_ws = 0.0

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

    def hob_on(self) -> None:
        """Make dinner: phases 1 and 3."""
        self.hob = True

    def hob_off(self) -> None:
        """Eat it."""
        self.hob = False

    def welder_on(self) -> None:
        """Weld in the garage: all three phases."""
        self.welder = True

    def welder_off(self) -> None:
        """Let it cool."""
        self.welder = False

    def load(self, amps: float = 2) -> None:
        """Let everything else draw so much on each phase; below 0 the roof gives more than that."""
        self.load_a = amps

    def sun(self, kilowatts: float = 6) -> None:
        """Let the panels give so much where there is no cloud."""
        self.roof.sun_w = kilowatts * 1000

    def clouds_come(self) -> None:
        """Let a cloud pass every minute."""
        self.roof.clouds = True

    def clouds_go(self) -> None:
        """Let the sky be clear."""
        self.roof.clouds = False

    def battery(self, percent: float = 60) -> None:
        """Let there be a home battery, charged so far."""
        self.roof.battery_percent = max(0.0, min(100.0, percent))

    def no_battery(self) -> None:
        """Switch the home battery off."""
        self.roof.battery_percent = None

    def hold_battery(self) -> None:
        """Keep the battery from discharging, as the switch of its integration does."""
        self.roof.battery_held = True

    def release_battery(self) -> None:
        """Let the battery discharge again."""
        self.roof.battery_held = False

    def unplug_meter(self) -> None:
        """Let the meter report nothing any more."""
        self.meter_works = False

    def plug_in_meter(self) -> None:
        """Let the meter speak again."""
        self.meter_works = True

    # Eyes

    @property
    def _welder_and_cars_a(self) -> list[float]:
        return [WELDER_A * self.welder + sum(car[phase] for car in self._garage_cars()) for phase in range(3)]

    @property
    def garage_a(self) -> list[float]:
        """Return what flows through the fuse of the sub-board on each phase."""
        l1, l2, l3 = self._welder_and_cars_a
        return [l1, l2 + FREEZER_A, l3]

    @property
    def garage_metered_a(self) -> list[float]:
        """Return what the meter of the sub-board reports."""
        return [round(amps, 1) for amps in self.garage_a]

    @property
    def _without_battery_a(self) -> list[float]:
        """Return what would flow through the main fuse without the battery; the panels are on all phases alike."""
        sun_a = self.roof.power_w / 3 / VOLTS
        hob_a = HOB_A * self.hob
        house = [KETTLE_A * self.kettle + hob_a, OVEN_A * self.oven, hob_a]
        return [
            self.load_a + amps + garage_a - sun_a + sum(car[phase] for car in self._cars())
            for phase, (amps, garage_a) in enumerate(zip(house, self._welder_and_cars_a, strict=True))
        ]

    @property
    def battery_w(self) -> float:
        """Return what the battery charges with; negative while it discharges."""
        return self.roof.battery_w(-sum(self._without_battery_a) * VOLTS)

    @property
    def mains_a(self) -> list[float]:
        """Return what flows through the main fuse on each phase."""
        battery_a = self.battery_w / 3 / VOLTS
        return [amps + battery_a for amps in self._without_battery_a]

    @property
    def metered_a(self) -> list[float] | None:
        """Return what the meter reports; None while it is unplugged."""
        return [round(amps, 1) for amps in self.mains_a] if self.meter_works else None

    @property
    def average_demand_w(self) -> float:
        """Return what the meter has counted in this quarter-hour, as the mean of all of it: 0 at its beginning."""
        return self._drawn_ws / QUARTER_S

    @override
    def tick(self, seconds: float) -> None:
        """Let the clouds pass, the battery charge, and the meter count."""
        if (quarter := int(self.now // QUARTER_S)) != self._quarter:
            self._quarter, self._drawn_ws = quarter, 0.0
        self._drawn_ws += max(0.0, sum(self.mains_a)) * VOLTS * seconds
        self.roof.tick(seconds, -sum(self._without_battery_a) * VOLTS)

    @override
    async def answer(self, request: Request) -> Response | None:
        return Response(status=404)
