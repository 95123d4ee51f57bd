"""What a charger shows, for tests without one."""

from custom_components.evse_pilot.chargers.types import Load, Status
from custom_components.evse_pilot.control.shown import Shown


def shown(
    set_a: float = 16,
    *,
    status: Status | None = Status.CHARGING,
    paused: bool = False,
    mode: str | None = None,
    phases: int | None = None,
    maximum_a: float = 16,
    shows_set: bool = True,
    shows_pause: bool = True,
    is_bounded: bool = False,
) -> Shown:
    """Return what a charger with a limit shows; with `shows_set` also while it is paused."""
    load = Load(
        minimum_a=6,
        maximum_a=maximum_a,
        limit_a=0 if paused else set_a,
        status=status,
        phases=(1, 2, 3),
        set_a=set_a if shows_set else None,
        shows_pause=shows_pause,
    )
    return Shown(
        load=load,
        paused=paused,
        mode=mode,
        phases=phases,
        modes=() if mode is None else ("normal", "solar"),
        is_bounded=is_bounded,
    )
