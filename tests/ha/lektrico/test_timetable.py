"""A charging week that the charger keeps itself."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from tests.emulators.base import Line
from tests.emulators.lektrico import LektricoEmulator
from tests.ha.conftest import Call, Read, complaints

from .conftest import Clock, Later, entry_for

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NIGHT: dict[str, Any] = {
    "days": ["mon", "tue", "wed", "thu", "fri"],
    "start": "23:00",
    "end": "06:30",
    "current": 10.0,
}
SUNDAY: dict[str, Any] = {"days": ["sun"], "start": "00:00", "end": "00:00"}


@pytest.fixture
async def emulator(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> AsyncGenerator[LektricoEmulator]:
    """Return a 3P22K by the clock of a house in Amsterdam, on a Friday noon."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    freezer.move_to(datetime(2026, 11, 20, 12, tzinfo=AMSTERDAM))
    async with LektricoEmulator("3p22k", "2.0", clock=lambda: dt_util.utcnow().timestamp()) as emulator:
        yield emulator


@pytest.fixture
def until(hass: HomeAssistant, freezer: FrozenDateTimeFactory, clock: Clock, later: Later) -> Any:
    """Return a function that lets it be later, and what is due then happen."""

    async def until(text: str) -> None:
        freezer.move_to(datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM))
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)

    return until


async def act(hass: HomeAssistant, action: str, **data: Any) -> Any:
    """Carry out an action of ours on the charger, and return what it responds for it."""
    response = await hass.services.async_call(
        DOMAIN,
        action,
        {"entity_id": "sensor.lektrico_status", **data},
        blocking=True,
        return_response=action in ("get_schedule", "set_schedule"),
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    return response and response["chargers"]["Lektrico"]  # type: ignore[call-overload, index]


def commands_of(emulator: LektricoEmulator) -> list[str]:
    """Return the methods of the commands that came in, and forget them."""
    methods = [method for method, _ in emulator.commands()]
    emulator.calls.clear()
    return methods


async def test_the_charger_keeps_the_week(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator, read: Read, until: Any
) -> None:
    """The week is written to it once, with its pauses and its clock; after that nothing is sent."""
    emulator.press("plug_in")
    response = await act(hass, "set_schedule", windows=[NIGHT])
    assert response["executed_by"] == "charger"
    assert response["verified"] is True
    assert response["rounded"] == []
    assert response["next_start"] == "2026-11-20T23:00:00+01:00"
    assert emulator.keys["gmt_offset"].value == 1
    assert emulator.schedule[0] == {
        "start_d": 1, "start_h": 0, "start_m": 0, "end_d": 1, "end_h": 23, "end_m": 0, "current": 0,
    }  # fmt: skip
    commands_of(emulator)
    await until("2026-11-20T12:01:00")
    assert read("sensor.status") == "scheduled"
    await until("2026-11-20T23:00:10")
    assert emulator.allows_a == 10
    assert read("sensor.status") == "charging"
    await until("2026-11-21T06:31:00")
    assert emulator.allows_a == 0
    assert commands_of(emulator) == []


async def test_no_limit_is_the_most_that_it_can_hold(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator, until: Any
) -> None:
    """A window without a current is 32 A on the wire, and comes back without a current."""
    emulator.press("plug_in")
    response = await act(hass, "set_schedule", windows=[SUNDAY])
    assert response["executed_by"] == "charger"
    assert {part["current"] for part in emulator.schedule} == {0, 32}
    assert (await act(hass, "get_schedule"))["windows"] == [SUNDAY]
    emulator.dynamic_current = 16
    await until("2026-11-22T00:00:10")
    assert emulator.allows_a == 16


@pytest.mark.usefixtures("all_enabled")
async def test_changed_in_the_vendors_app(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: LektricoEmulator,
    later: Later,
    read: Read,
) -> None:
    """A schedule that is written to the charger elsewhere holds from then on, on or off."""
    await act(hass, "set_schedule", windows=[NIGHT])
    emulator.schedule = [
        {"start_d": 1, "start_h": 8, "start_m": 0, "end_d": 7, "end_h": 20, "end_m": 0, "current": 0}
    ]
    await later()
    shown = await act(hass, "get_schedule")
    assert shown["executed_by"] == "charger"
    windows = {(window["start"], window["end"], window.get("current")) for window in shown["windows"]}
    assert windows == {("20:00", "08:00", None)}
    emulator.keys["charging_schedule_enabled"].value = False
    await later()
    assert read("switch.schedule_enabled") == "off"
    emulator.keys["charging_schedule_enabled"].value = True
    await later()
    assert read("switch.schedule_enabled") == "on"


@pytest.mark.usefixtures("all_enabled")
async def test_kept_before_setup(
    hass: HomeAssistant, emulator: LektricoEmulator, entry: MockConfigEntry, read: Read
) -> None:
    """A timetable that the charger goes by already is shown, and not touched."""
    emulator.schedule = [
        {"start_d": 1, "start_h": 0, "start_m": 0, "end_d": 1, "end_h": 12, "end_m": 0, "current": 0}
    ]
    emulator.keys["charging_schedule_enabled"].value = True
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert read("switch.schedule_enabled") == "on"
    assert (await act(hass, "get_schedule"))["executed_by"] == "charger"
    assert commands_of(emulator) == []


async def test_one_owner_at_a_time(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: LektricoEmulator,
    later: Later,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Carried out by Home Assistant, the charger's own timetable is off; while it is on again, there is a repair issue.

    One reading makes none, and it goes with the entry.
    """
    monkeypatch.setattr(
        "custom_components.evse_pilot.scheduling.timetable.monotonic_s", lambda _: clock.now_s
    )
    issue = f"two_schedules_{loaded.entry_id}"
    await act(hass, "set_schedule", windows=[NIGHT])
    response = await act(hass, "set_schedule", windows=[NIGHT], executed_by="home_assistant")
    assert response["executed_by"] == "home_assistant"
    assert emulator.keys["charging_schedule_enabled"].value is False
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue) is None
    emulator.keys["charging_schedule_enabled"].value = True
    await later()
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue)
    emulator.keys["charging_schedule_enabled"].value = False
    await later()
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue) is None
    emulator.keys["charging_schedule_enabled"].value = True
    clock.now_s += 3600
    await loaded.runtime_data.coordinator.async_refresh()
    await hass.async_block_till_done()
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue) is None
    await later()
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue)
    assert await hass.config_entries.async_unload(loaded.entry_id)
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue) is None


async def test_cleared(hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator) -> None:
    """Without a week the charger goes by none, and what it still keeps is not taken for a new one."""
    await act(hass, "set_schedule", windows=[NIGHT])
    await act(hass, "clear_schedule")
    assert emulator.keys["charging_schedule_enabled"].value is False
    shown = await act(hass, "get_schedule")
    assert (shown["windows"], shown["executed_by"]) == ([], "home_assistant")


@pytest.mark.usefixtures("all_enabled")
async def test_switch_and_override(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator, call: Call, read: Read
) -> None:
    """The schedule is switched off and on at the charger, and so is charging now."""
    emulator.press("plug_in")
    await act(hass, "set_schedule", windows=[NIGHT])
    assert emulator.allows_a == 0
    await call("switch.turn_off", "switch.schedule_enabled")
    assert emulator.keys["charging_schedule_enabled"].value is False
    assert emulator.allows_a > 0
    await call("switch.turn_on", "switch.schedule_enabled")
    assert emulator.allows_a == 0
    await call("button.press", "button.override_schedule")
    assert emulator.overridden
    assert read("sensor.status") == "charging"
    assert (await act(hass, "get_schedule"))["overridden"] is True


async def test_set_while_disabled(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator
) -> None:
    """A week may be stored for later."""
    response = await act(hass, "set_schedule", windows=[NIGHT], enabled=False)
    assert response["executed_by"] == "charger"
    assert emulator.schedule
    assert emulator.keys["charging_schedule_enabled"].value is False


async def test_what_home_assistant_paused_is_restored(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator, later: Later, read: Read
) -> None:
    """When the charger takes over, the pause and the limit of before are not left behind."""
    emulator.press("plug_in")
    emulator.dynamic_current = 14
    await later()
    await act(hass, "set_schedule", windows=[NIGHT], executed_by="home_assistant")
    assert emulator.allows_a == 0
    await act(hass, "set_schedule", windows=[SUNDAY | {"days": ["fri"]}])
    assert emulator.allows_a == 14
    assert read("sensor.status") == "charging"


async def test_clocks_change(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: LektricoEmulator,
    until: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It knows no summer time: its clock is set when the clocks change, once, or as soon as it is there again."""
    await act(hass, "set_schedule", windows=[NIGHT])
    commands_of(emulator)
    await until("2027-03-27T23:59:00")
    assert commands_of(emulator) == []
    emulator.line = Line.REFUSED
    await until("2027-03-28T03:00:02")
    assert emulator.keys["gmt_offset"].value == 1
    commands_of(emulator)
    emulator.line = Line.OK
    await until("2027-03-28T03:02:00")
    assert emulator.keys["gmt_offset"].value == 2
    assert commands_of(emulator) == ["app_config.set", "charging_schedule.set"]
    await until("2027-03-28T04:00:02")
    assert commands_of(emulator) == []
    assert not [record for record in complaints(caplog) if record.exc_info]


async def test_clocks_changed_while_home_assistant_was_off(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: LektricoEmulator,
    freezer: FrozenDateTimeFactory,
) -> None:
    """After a restart in another season the clock of the charger is set."""
    await act(hass, "set_schedule", windows=[NIGHT])
    assert await hass.config_entries.async_unload(loaded.entry_id)
    freezer.move_to(datetime(2027, 6, 1, 12, tzinfo=AMSTERDAM))
    assert await hass.config_entries.async_setup(loaded.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert emulator.keys["gmt_offset"].value == 2


async def test_house_moves(hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator) -> None:
    """Another time zone in the middle of a window: the charger goes by the clock at the wall from then on."""
    await act(hass, "set_schedule", windows=[NIGHT])
    await hass.config.async_update(time_zone="Europe/Helsinki")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert emulator.keys["gmt_offset"].value == 2


async def test_zone_that_its_clock_cannot_hold(
    hass: HomeAssistant, emulator: LektricoEmulator, entry: MockConfigEntry
) -> None:
    """Its clock knows whole hours only, so in India the week is carried out from here; by itself it is refused."""
    await hass.config.async_set_time_zone("Asia/Kolkata")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    response = await act(hass, "set_schedule", windows=[NIGHT])
    assert response["executed_by"] == "home_assistant"
    before = commands_of(emulator)
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, "set_schedule", windows=[SUNDAY], executed_by="charger")
    assert error.value.translation_key == "refused_whole_hours_only"
    assert before is not None
    assert commands_of(emulator) == []


async def test_b6_clock_that_cannot_be_set_to_summer_time(
    hass: HomeAssistant,
    emulator: LektricoEmulator,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """In Auckland it is 13 hours from UTC in summer, which its clock is not: Home Assistant carries the week out then."""
    auckland = ZoneInfo("Pacific/Auckland")

    async def until(text: str) -> None:
        # Two polls, and all of the charger is read again.
        for seconds in (0, 30):
            freezer.move_to(
                datetime.fromisoformat(text).replace(tzinfo=auckland) + timedelta(seconds=seconds)
            )
            clock.now_s += 600
            async_fire_time_changed(hass)
            await hass.async_block_till_done(wait_background_tasks=True)

    await hass.config.async_set_time_zone("Pacific/Auckland")
    freezer.move_to(datetime(2026, 9, 24, 12, tzinfo=auckland))
    emulator.press("plug_in")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert (await act(hass, "set_schedule", windows=[NIGHT]))["executed_by"] == "charger"
    assert emulator.keys["gmt_offset"].value == 12
    await until("2026-09-27T03:00:10")
    shown = await act(hass, "get_schedule")
    assert (shown["executed_by"], shown["windows"]) == ("home_assistant", [NIGHT])
    assert not emulator.keys["charging_schedule_enabled"].value
    assert emulator.allows_a == 0
    commands_of(emulator)
    await until("2026-09-27T03:05:00")
    await until("2026-09-27T03:06:30")
    assert commands_of(emulator) == []
    # By the clock at the wall, and not an hour late.
    await until("2026-09-28T22:59:00")
    assert emulator.allows_a == 0
    await until("2026-09-28T23:00:05")
    assert emulator.allows_a == 10
    await until("2026-09-29T06:30:05")
    assert emulator.allows_a == 0
    assert ir.async_get(hass).async_get_issue(DOMAIN, f"two_schedules_{entry.entry_id}") is None
    # The clocks go back: the charger can hold it again, also after a restart in between.
    assert await hass.config_entries.async_reload(entry.entry_id)
    await until("2027-04-04T03:00:10")
    await until("2027-04-04T03:02:00")
    shown = await act(hass, "get_schedule")
    assert (shown["executed_by"], shown["windows"]) == ("charger", [NIGHT])
    assert emulator.keys["charging_schedule_enabled"].value
    assert emulator.keys["gmt_offset"].value == 12
    assert not complaints(caplog)


async def test_b6_hand_over_that_does_not_arrive(
    hass: HomeAssistant,
    emulator: LektricoEmulator,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A charger that does not take it keeps its timetable until it does; it is tried once a minute, and logged once."""
    auckland = ZoneInfo("Pacific/Auckland")
    await hass.config.async_set_time_zone("Pacific/Auckland")
    freezer.move_to(datetime(2026, 9, 24, 12, tzinfo=auckland))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await act(hass, "set_schedule", windows=[NIGHT])
    emulator.line_for = lambda request: b"app_config.set" in request.body
    emulator.line = Line.ERROR
    for second in range(0, 150, 10):
        freezer.move_to(datetime(2026, 9, 27, 3, second // 60, second % 60, tzinfo=auckland))
        clock.now_s += 10
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)
    assert (await act(hass, "get_schedule"))["executed_by"] == "charger"
    assert (await act(hass, "get_schedule"))["problem"] is not None
    assert len([record for record in complaints(caplog) if "timetable" in record.getMessage()]) == 1
    emulator.line = Line.OK
    freezer.move_to(datetime(2026, 9, 27, 3, 5, tzinfo=auckland))
    for _ in range(2):
        clock.now_s += 600
        freezer.tick(30)
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)
    assert (await act(hass, "get_schedule"))["executed_by"] == "home_assistant"
    assert (await act(hass, "get_schedule"))["problem"] is None


async def test_n19_dates_are_home_assistants(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator, later: Later, until: Any
) -> None:
    """While a night does not come Home Assistant carries the week out, and afterwards the charger again, over a restart."""
    emulator.press("plug_in")
    assert (await act(hass, "set_schedule", windows=[NIGHT]))["executed_by"] == "charger"
    skips = NIGHT | {"except": ["2026-11-20"]}
    with pytest.raises(ServiceValidationError, match="Let Home Assistant carry the schedule out") as error:
        await act(hass, "set_schedule", windows=[skips], executed_by="charger")
    assert error.value.translation_key == "refused_schedule_weeks_only"
    assert (await act(hass, "get_schedule"))["windows"] == [NIGHT]
    answer = await act(hass, "set_schedule", windows=[skips])
    assert (answer["executed_by"], answer["verified"]) == ("home_assistant", True)
    assert not emulator.keys["charging_schedule_enabled"].value
    await until("2026-11-20T23:00:10")
    assert emulator.allows_a == 0
    assert await hass.config_entries.async_reload(loaded.entry_id)
    await until("2026-11-21T06:29:59")
    assert (await act(hass, "get_schedule"))["windows"] == [skips]
    for moment in ("2026-11-21T06:30:10", "2026-11-21T06:31:00", "2026-11-21T06:33:00"):
        await until(moment)
    shown = await act(hass, "get_schedule")
    assert (shown["executed_by"], shown["windows"]) == ("charger", [NIGHT])
    assert emulator.keys["charging_schedule_enabled"].value
    commands_of(emulator)
    await until("2026-11-23T22:59:50")
    assert emulator.allows_a == 0
    await until("2026-11-23T23:00:10")
    assert emulator.allows_a == 10
    assert commands_of(emulator) == []


async def test_n19_the_last_date_of_many(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator, until: Any
) -> None:
    """With the first of two dates nothing is sent; with the last the week is; one for Home Assistant stays there."""
    once = {"date": "2026-11-20", "start": "20:00", "end": "21:00"}
    tomorrow = once | {"date": "2026-11-21"}
    await act(hass, "set_schedule", windows=[NIGHT, once, tomorrow])
    commands_of(emulator)
    for moment in ("2026-11-20T21:00:10", "2026-11-20T21:01:00", "2026-11-20T21:03:00"):
        await until(moment)
    shown = await act(hass, "get_schedule")
    assert (shown["executed_by"], shown["windows"]) == ("home_assistant", [NIGHT, tomorrow])
    assert not emulator.schedule
    for moment in ("2026-11-21T21:00:10", "2026-11-21T21:01:00", "2026-11-21T21:03:00"):
        await until(moment)
    assert (await act(hass, "get_schedule"))["executed_by"] == "charger"
    assert emulator.schedule
    once |= {"date": "2026-11-22"}
    await act(hass, "set_schedule", windows=[NIGHT, once], executed_by="home_assistant")
    for moment in ("2026-11-22T21:00:10", "2026-11-22T21:01:00", "2026-11-22T21:03:00"):
        await until(moment)
    shown = await act(hass, "get_schedule")
    assert (shown["executed_by"], shown["windows"]) == ("home_assistant", [NIGHT])


async def test_n19_not_back_before_a_delayed_start(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator, until: Any
) -> None:
    """While a delayed start decides the charger does not get its week back, for only one of them may decide."""
    emulator.press("plug_in")
    once = {"date": "2026-11-20", "start": "13:00", "end": "14:00"}
    await act(hass, "set_schedule", windows=[NIGHT, once])
    await act(hass, "set_delayed_start", start="2026-11-21 02:00:00")
    for moment in ("2026-11-20T14:00:10", "2026-11-20T14:01:00", "2026-11-20T23:30:00"):
        await until(moment)
    assert not emulator.keys["charging_schedule_enabled"].value
    assert emulator.allows_a == 0
    await until("2026-11-21T02:00:10")
    assert emulator.allows_a > 10


@pytest.mark.parametrize(
    ("window", "key"),
    [
        (NIGHT | {"current": 10.5}, "refused_whole_numbers_only"),
        (NIGHT | {"mode": "solar"}, "refused_no_modes"),
        (NIGHT | {"phases": 1}, "refused_schedule_currents_only"),
    ],
)
async def test_what_it_cannot_hold(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    emulator: LektricoEmulator,
    window: dict[str, Any],
    key: str,
) -> None:
    """What its intervals cannot hold is refused if it is to carry it out itself, and nothing has changed."""
    emulator.calls.clear()
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, "set_schedule", windows=[window], executed_by="charger")
    assert error.value.translation_key == key
    assert commands_of(emulator) == []
    assert (await act(hass, "get_schedule"))["windows"] == []


async def test_rounded(hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator) -> None:
    """Carried out by Home Assistant, a current between two of its steps is the lower one, and the response has it."""
    response = await act(hass, "set_schedule", windows=[NIGHT | {"current": 10.5}])
    assert response["executed_by"] == "home_assistant"
    assert response["rounded"] == [{"current": 10.5, "to": 10.0}]


async def test_half_of_it_is_forgotten(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator, later: Later
) -> None:
    """A charger that keeps less than it was sent is noticed, and what it really goes by is shown."""
    emulator.keeps_intervals = 2
    response = await act(hass, "set_schedule", windows=[NIGHT])
    assert response["verified"] is False
    await later()
    shown = await act(hass, "get_schedule")
    assert shown["windows"] != [NIGHT]
    assert len(emulator.schedule) == 2


async def test_out_of_reach(hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator) -> None:
    """A week that does not reach the charger is an error, and the week of before still holds."""
    await act(hass, "set_schedule", windows=[NIGHT])
    emulator.line = Line.REFUSED
    with pytest.raises(HomeAssistantError):
        await act(hass, "set_schedule", windows=[SUNDAY])
    emulator.line = Line.OK
    assert (await act(hass, "get_schedule"))["windows"] == [NIGHT]


async def test_once(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator, until: Any
) -> None:
    """A start for once stands above the timetable, which would not know of it, until the car is unplugged."""
    emulator.press("plug_in")
    await act(hass, "set_schedule", windows=[NIGHT])
    await act(hass, "set_delayed_start", start="2026-11-20 14:00:00", stop="2026-11-20 15:00:00")
    assert emulator.keys["charging_schedule_enabled"].value is False
    assert emulator.allows_a == 0
    await until("2026-11-20T14:00:10")
    assert emulator.allows_a > 0
    await until("2026-11-20T15:00:10")
    assert emulator.allows_a == 0
    emulator.press("unplug")
    await until("2026-11-20T15:01:00")
    await until("2026-11-20T15:01:30")
    emulator.press("plug_in")
    await until("2026-11-20T15:02:00")
    await until("2026-11-20T23:00:10")
    assert emulator.allows_a == 10


async def test_two_calls_at_once(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator
) -> None:
    """Of two weeks that are set at once one holds, whole, and the other is gone."""
    for window in (NIGHT, SUNDAY):
        hass.async_create_task(
            hass.services.async_call(
                DOMAIN,
                "set_schedule",
                {"entity_id": "sensor.lektrico_status", "windows": [window]},
                blocking=True,
            )
        )
    await hass.async_block_till_done(wait_background_tasks=True)
    windows = (await act(hass, "get_schedule"))["windows"]
    assert windows in ([NIGHT], [SUNDAY])
    currents = {part["current"] for part in emulator.schedule}
    assert currents == ({0, 10} if windows == [NIGHT] else {0, 32})


async def test_a_second_charger(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator
) -> None:
    """All are checked before any is changed, and one that fails is named."""
    async with LektricoEmulator("1p7k", "2.0") as other:
        entry = entry_for(other, "Garage")
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        both = ["sensor.lektrico_status", "sensor.garage_status"]
        other.line = Line.REFUSED
        with pytest.raises(HomeAssistantError, match="Garage"):
            await act(hass, "set_schedule", entity_id=both, windows=[NIGHT])
        assert emulator.schedule
        assert not other.schedule
        emulator.calls.clear()
        with pytest.raises(ServiceValidationError):
            await act(hass, "set_schedule", entity_id=both, windows=[NIGHT | {"current": 40}])
        assert commands_of(emulator) == []


async def test_phases_of_a_window(
    hass: HomeAssistant, loaded: MockConfigEntry, emulator: LektricoEmulator, until: Any
) -> None:
    """A window on one phase is carried out from here; afterwards there are three again."""
    emulator.press("plug_in")
    windows = [NIGHT | {"phases": 1}, SUNDAY]
    response = await act(hass, "set_schedule", windows=windows)
    assert response["executed_by"] == "home_assistant"
    await until("2026-11-20T23:00:01")
    assert emulator.currents_a == [10, 0, 0]
    await until("2026-11-21T06:30:01")
    assert not any(emulator.currents_a)
    await until("2026-11-22T00:00:01")
    assert emulator.currents_a == [16, 16, 16]


async def test_meter_has_no_schedule(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    """An energy meter charges nothing, so there is nothing to schedule."""
    async with LektricoEmulator("3em", "2.0") as meter:
        entry = entry_for(meter, "Meter")
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        with pytest.raises(ServiceValidationError) as error:
            await act(hass, "set_schedule", entity_id="sensor.meter_mains_power", windows=[NIGHT])
        assert error.value.translation_key == "not_supported"
        # Nothing of the house but its name has changed.
        await hass.config.async_update(location_name="Home")
        await hass.async_block_till_done()
        assert hass.states.get("sensor.meter_mains_power")
