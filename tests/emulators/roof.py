"""A roof with clouds and a home battery, of an emulated house."""

VOLTS = 230.0
# A cloud that comes every minute, how long it stays, within how many seconds it comes and goes, and what it leaves.
EVERY_S, STAYS_S, RAMP_S, LEAVES = 60.0, 25.0, 3.0, 0.3
# The battery: what it holds, and what it charges and discharges with at most; below that charge it rests.
HOLDS_WH, MOST_W, EMPTY_PERCENT = 10_000.0, 3000.0, 10.0
# What its inverter needs, and that part of what goes through it: a meter never stands still at zero.
OWN_W, LOST_PART = 100.0, 0.05


class Roof:
    """Solar panels, and a battery that keeps the meter near zero as far as it can."""

    def __init__(self) -> None:
        """Begin at night, without a battery."""
        self.sun_w = 0.0
        self.clouds = False
        self.battery_percent: float | None = None
        # Whether the battery is kept from discharging.
        self.battery_held = False
        self._passed_s = 0.0

    @property
    def power_w(self) -> float:
        """Return what the panels give."""
        if not self.clouds:
            return self.sun_w
        moment_s = self._passed_s % EVERY_S
        covered = min(1.0, moment_s / RAMP_S, max(0.0, (STAYS_S - moment_s) / RAMP_S))
        return self.sun_w * (1 - (1 - LEAVES) * covered)

    def battery_w(self, surplus_w: float) -> float:
        """Return what the battery charges with, negative while it discharges, where so much is left over."""
        if (percent := self.battery_percent) is None:
            return 0.0
        least_w = -MOST_W if percent > EMPTY_PERCENT and not self.battery_held else 0.0
        most_w = MOST_W if percent < 100 else 0.0
        return min(most_w, max(least_w, surplus_w + OWN_W + LOST_PART * abs(surplus_w)))

    def tick(self, seconds: float, surplus_w: float) -> None:
        """Let clouds go on, and the battery charge."""
        self._passed_s += seconds
        if self.battery_percent is not None:
            gained = self.battery_w(surplus_w) * seconds / 3600 / HOLDS_WH * 100
            self.battery_percent = min(100.0, max(0.0, self.battery_percent + gained))
