"""What a charger shows of all that can be commanded, and of what a command may hold."""

from dataclasses import dataclass

from ..chargers.types import Load, Status
from .claim import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a charger shows of all that can be commanded; None: it does not show it, or cannot do it.

    `modes` are those in which it charges. `is_bounded`: it may show less than its limit, because something else allows less.
    """

    load: Load
    paused: bool
    mode: str | None
    phases: int | None
    modes: tuple[str, ...] = ()
    is_bounded: bool = False

    @property
    def is_charging(self) -> bool:
        """Return whether a car draws current, or may at any moment: one that takes no more may still be switched on."""
        return self.load.status in (Status.CHARGING, Status.FINISHED)

    def has_other_mode(self, target: Target) -> bool:
        """Return whether it shows another mode than the target has, if it has one."""
        return target.mode is not None and self.mode not in (None, target.mode)

    def has_other_phases(self, target: Target) -> bool:
        """Return whether it shows another number of phases than the target has, if it has one."""
        return target.phases is not None and self.phases not in (None, target.phases)

    @property
    def set_a(self) -> float:
        """Return the limit that is set, also while it is paused if it shows that; else 0 while it is paused."""
        return self.load.limit_a if self.load.set_a is None else self.load.set_a


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Of what a command may hold at the charger. Currents are in A per phase.

    `confirmed_a`: what was read back of the last command, 0 for a pause; None: nothing was. `limit_a`: the last limit that
    was commanded.
    """

    current: bool = False
    mode: bool = False
    phases: bool = False
    confirmed_a: float | None = None
    limit_a: float | None = None


def changes_mode(before: Shown, now: Shown) -> bool:
    """Return whether it charges in another mode than before: with that it may drop its limit by itself."""
    is_known = None not in (before.mode, now.mode)
    return is_known and not before.paused and not now.paused and before.mode != now.mode
