"""The charging windows that all chargers of a group have in common: shown, and changed in the schedule of each.

The schedule of each charger is its own; nothing of what is shown here is kept here.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ..const import DOMAIN
from ..runtime.errors import commanding, raise_all, translated
from ..scheduling.record import Executor
from ..scheduling.runner import ScheduleRunner
from ..scheduling.schedule import Schedule
from .link import MemberLink


def common_schedule(links: Iterable[MemberLink]) -> Schedule:
    """Return the windows that all chargers have which are there now."""
    return common([runner.schedule for link in links if (runner := _runner(link)) is not None])


def common(schedules: Sequence[Schedule]) -> Schedule:
    """Return the windows that all schedules have; it is on while one of them is."""
    if not schedules:
        return Schedule()
    others = [frozenset(schedule.windows) for schedule in schedules[1:]]
    windows = tuple(window for window in schedules[0].windows if all(window in other for other in others))
    return Schedule(windows=windows, enabled=any(schedule.enabled for schedule in schedules))


def changed_alike(own: Schedule, before: Schedule, after: Schedule) -> Schedule:
    """Return a charger's own schedule with the change from one set of common windows to another; the rest stays."""
    kept = tuple(window for window in own.windows if window not in before.windows or window in after.windows)
    new = tuple(window for window in after.windows if window not in kept)
    return replace(own, windows=(*kept, *new))


async def async_set_common(links: Iterable[MemberLink], after: Schedule) -> None:
    """Change the windows that all chargers have in common.

    Raises a HomeAssistantError that names the charger: all are checked before any is changed, and one that is not there
    refuses for all. Where some fail when they are changed, the others have changed.
    """
    runners: list[tuple[str, ScheduleRunner]] = []
    for link in links:
        if (runner := _runner(link)) is None:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="not_loaded",
                translation_placeholders={"name": link.title},
            )
        runners.append((link.title, runner))
    before = common([runner.schedule for _, runner in runners])
    planned = [(name, runner, changed_alike(runner.schedule, before, after)) for name, runner in runners]
    for name, runner, schedule in planned:
        with translated(HomeAssistantError, name):
            runner.check(schedule, Executor.AUTO)
    # Each in a task of its own: one that is slow does not make the command to the next one late.
    outcomes = await asyncio.gather(*(_async_set(*each) for each in planned))
    raise_all([error for error in outcomes if error is not None])


async def _async_set(name: str, runner: ScheduleRunner, schedule: Schedule) -> HomeAssistantError | None:
    """Replace the windows of one charger; return why that has failed."""
    try:
        with commanding(name):
            await runner.async_set_windows(schedule)
    except HomeAssistantError as error:
        return error
    return None


def _runner(link: MemberLink) -> ScheduleRunner | None:
    """Return the schedule of a charger; None while it is not there."""
    return None if link.device is None else link.device.part(ScheduleRunner)
