"""The only caller of the commands that decide what a charger may draw."""

from collections.abc import Awaitable, Callable
from typing import Any

from ..chargers.capabilities import ChargingSwitch, Limiter, ModeSwitch, PhaseSwitch
from ..chargers.charger import Charger
from ..chargers.command import one_command
from ..chargers.errors import ChargerProtocolError, ChargerRefusedError
from ..chargers.types import OwnBalancing
from .acknowledgement import shows
from .claim import Target
from .shown import Shown

# Beside these a charger may show less than its limit.
_BOUNDED_BY = frozenset({OwnBalancing.ENERGY_METER, OwnBalancing.SUPERVISOR})


def shown(charger: Charger[Any], state: Any) -> Shown:
    """Return what a snapshot shows; ChargerProtocolError if that does not include the charger's limit."""
    load = charger.require(Limiter).load(state)
    switch, modes, phases = (
        charger.capability(ChargingSwitch),
        charger.capability(ModeSwitch),
        charger.capability(PhaseSwitch),
    )
    return Shown(
        load=load,
        paused=load.limit_a == 0 or (switch is not None and switch.allows_charging(state) is False),
        mode=None if modes is None else modes.mode(state),
        modes=() if modes is None else tuple(modes.modes(state)),
        phases=None if phases is None else phases.phases(state),
        is_bounded=charger.own_balancing(state) in _BOUNDED_BY,
    )


async def async_write(
    charger: Charger[Any],
    target: Target,
    now: Shown,
    read: Callable[[], Awaitable[Any]],
    chosen_mode: str | None = None,
) -> bool:
    """Send what differs from the target, in time or not at all, and return whether anything did.

    `read` reads a new snapshot. `chosen_mode` is what a person chose now, which is sent whatever the charger shows. A
    ChargerError of a command ends it; what was sent before stays.
    """
    with one_command(urgent=target.current_a < (0.0 if now.paused else now.set_a)):
        if target.current_a == 0:
            return await _async_pause(charger, now, chosen_mode)
        return await _async_allow(charger, target, now, read, chosen_mode)


async def _async_allow(
    charger: Charger[Any],
    target: Target,
    now: Shown,
    read: Callable[[], Awaitable[Any]],
    chosen_mode: str | None,
) -> bool:
    """Let it charge as the target requires, one command after the other."""
    changed = False
    if target.phases is not None and now.phases not in (None, target.phases):
        now = await _async_set_phases(charger, target.phases, now, read)
        changed = True
    mode = chosen_mode
    if mode is None and now.mode is not None and target.mode != now.mode:
        mode = target.mode
    # The limit first, so that no car starts with too much; but a mode that takes no limit has to be left before.
    refused = False
    try:
        changed |= await _async_set_limit(charger, target.current_a, now)
    except ChargerRefusedError:
        if mode is None:
            raise
        refused = True
    if mode is not None:
        if mode not in now.modes:
            raise ChargerRefusedError("no_such_mode", modes=", ".join(now.modes))
        await charger.require(ModeSwitch).set_mode(mode)
        changed = True
        if refused:
            await _async_set_limit(charger, target.current_a, shown(charger, await read()))
    elif now.paused:
        await charger.require(ChargingSwitch).set_charging(True)
        changed = True
    return changed


async def _async_pause(charger: Charger[Any], now: Shown, chosen_mode: str | None) -> bool:
    """Pause it, in the mode that a person chose for that where there are several."""
    if chosen_mode is not None and (modes := charger.capability(ModeSwitch)) is not None:
        if chosen_mode not in now.modes:
            await modes.set_mode(chosen_mode)
            return True
    if now.paused:
        return False
    await charger.require(ChargingSwitch).set_charging(False)
    return True


async def _async_set_limit(charger: Charger[Any], current_a: float, now: Shown) -> bool:
    """Set the limit if another one is set, which a charger may not show while it is paused."""
    if shows(now.set_a, current_a, now.load.step_a):
        return False
    await charger.require(Limiter).set_limit(current_a)
    return True


async def _async_set_phases(
    charger: Charger[Any], phases: int, now: Shown, read: Callable[[], Awaitable[Any]]
) -> Shown:
    """Switch the phases, never under load: some cars are damaged by phases that come and go."""
    if (switch := charger.capability(PhaseSwitch)) is None:
        # Its owner has left the choice to the charger meanwhile.
        raise ChargerRefusedError("no_phase_switch")
    if now.is_charging:
        await charger.require(ChargingSwitch).set_charging(False)
    await switch.set_phases(phases)
    state = await read()
    if state is None:
        raise ChargerProtocolError("no snapshot after the phases were switched")
    now = shown(charger, state)
    if now.phases is not None and now.phases > phases:
        # A group counts with one phase, and must not have it start on three.
        raise ChargerRefusedError("not_carried_out")
    return now
