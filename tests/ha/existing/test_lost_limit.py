"""A group in which a charger of another integration loses the entity of its limit."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from tests.emulators.otherbox import OtherboxEmulator
from tests.ha.group.conftest import OPTIONS, group_entry, member

from .conftest import entry_for, set_up_otherbox


async def test_fuse_is_kept_without_it(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """The charger goes on with what it has, the other one makes room, and both share again when it is back."""

    def clock() -> float:
        return dt_util.utcnow().timestamp()

    async with OtherboxEmulator(clock=clock) as lost, OtherboxEmulator(clock=clock) as other:
        boxes = (lost, other)
        cores = [
            await set_up_otherbox(hass, box, title)
            for box, title in zip(boxes, ("Lost", "Other"), strict=True)
        ]
        entries: list[MockConfigEntry] = []
        for core in cores:
            entry = entry_for(hass, core, core.title)
            entry.add_to_hass(hass)
            assert await hass.config_entries.async_setup(entry.entry_id)
            entries.append(entry)
        house_a = 2.0

        async def go_on(seconds: int) -> float:
            """Let time pass, and return the most that the mains carried in its second half, in A."""
            most_a = 0.0
            for second in range(seconds):
                freezer.tick(timedelta(seconds=1))
                mains_a = house_a + sum(box.drawn_a for box in boxes)
                most_a = max(most_a, mains_a if second >= seconds / 2 else 0.0)
                for phase in (1, 2, 3):
                    hass.states.async_set(
                        f"sensor.mains_l{phase}", f"{mains_a:.1f}", {"unit_of_measurement": "A"}
                    )
                async_fire_time_changed(hass)
                await hass.async_block_till_done()
                if second % 5 == 0:
                    for core in cores:
                        await core.runtime_data.async_refresh()
            return most_a

        await go_on(1)
        group = group_entry(*(member(entry.entry_id, entry.title) for entry in entries), **OPTIONS)
        group.add_to_hass(hass)
        assert await hass.config_entries.async_setup(group.entry_id)
        for box in boxes:
            box.plug_in()
        assert await go_on(90) <= 25.5
        assert all(box.allows_a >= 6 for box in boxes)
        before_a = lost.allows_a
        registry = er.async_get(hass)
        limit = entries[0].data["roles"]["limit"]["entity_id"]
        registry.async_update_entity(limit, disabled_by=er.RegistryEntryDisabler.USER)
        await hass.async_block_till_done()
        house_a = 10.0
        assert await go_on(90) <= 25.5
        assert (lost.allows_a, other.allows_a) == (before_a, 0)
        registry.async_update_entity(limit, disabled_by=None)
        assert await hass.config_entries.async_reload(cores[0].entry_id)
        house_a = 2.0
        await go_on(400)
        assert lost.allows_a == other.allows_a >= 11
        house_a = 9.0
        assert await go_on(60) <= 25.5
        assert lost.allows_a == other.allows_a == 7
