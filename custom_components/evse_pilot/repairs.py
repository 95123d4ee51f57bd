"""Repair flows: a click that mends what a repair issue is about."""

from abc import abstractmethod
from typing import Any, override

import voluptuous as vol

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntry, ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir

from .chargers.capabilities import PowerBudget
from .const import DOMAIN
from .runtime.errors import commanding
from .services.power import async_take_power_control


class Mending(RepairsFlow):
    """Asks for a click, and then mends; `fix` is what the issue names."""

    def __init__(self, fix: dict[str, Any]) -> None:
        """Set what is to be mended."""
        super().__init__()
        self._fix = fix

    def entry(self, key: str = "entry_id") -> ConfigEntry | None:
        """Return an entry that the issue names; None: it was removed meanwhile."""
        return self.hass.config_entries.async_get_entry(self._fix[key])

    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Go on to the confirmation."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Show what is done, and do it when that is confirmed."""
        return self.form() if user_input is None else self.done(mended=await self.async_mend())

    def form(self, errors: dict[str, str] | None = None) -> RepairsFlowResult:
        """Show what is done with a click."""
        return self.async_show_form(
            step_id="confirm",
            data_schema=vol.Schema({}),
            errors=errors,
            description_placeholders=self.placeholders,
        )

    @property
    def placeholders(self) -> dict[str, str] | None:
        """Return the placeholders of the issue."""
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        return None if issue is None else issue.translation_placeholders

    def done(self, *, mended: bool) -> RepairsFlowResult:
        """End the flow; what it is about may have gone meanwhile."""
        return self.async_create_entry(data={}) if mended else self.async_abort(reason="gone")

    @abstractmethod
    async def async_mend(self) -> bool:
        """Mend it; return whether there was something to mend."""


class LogInAgain(Mending):
    """Starts the log-in of an account before its token ends."""

    @override
    async def async_mend(self) -> bool:
        if (entry := self.entry()) is None:
            return False
        # The log-in itself shows on the page of the integrations.
        entry.async_start_reauth(self.hass)
        return True


class RemoveMember(Mending):
    """Takes a charger out of its group."""

    @override
    async def async_mend(self) -> bool:
        group, member_id = self.entry("group_id"), self._fix["member_id"]
        return (
            group is not None
            and member_id in group.subentries
            and self.hass.config_entries.async_remove_subentry(group, member_id)
        )


class EnableCharger(Mending):
    """Enables the entry of a charger."""

    @override
    async def async_mend(self) -> bool:
        if (entry := self.entry()) is None:
            return False
        return await self.hass.config_entries.async_set_disabled_by(entry.entry_id, None)


class TakePowerControl(Mending):
    """Becomes the supervisor of a charger, in place of another."""

    @override
    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        try:
            return await super().async_step_confirm(user_input)
        except HomeAssistantError:
            return self.form(errors={"base": "not_taken"})

    @override
    async def async_mend(self) -> bool:
        entry = self.entry()
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return False
        with commanding(entry.title):
            await async_take_power_control(entry, entry.runtime_data.target.require(PowerBudget))
        await entry.runtime_data.coordinator.async_refresh()
        return True


class OneMaster(RemoveMember):
    """Leaves a charger to one of its two masters: the group, or another integration."""

    @override
    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        return self.async_show_menu(
            step_id="init",
            menu_options=["disable_other", "leave_group"],
            description_placeholders=self.placeholders,
        )

    async def async_step_disable_other(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Disable the entry of the other integration."""
        if (other := self.entry("other_id")) is None:
            return self.done(mended=False)
        await self.hass.config_entries.async_set_disabled_by(other.entry_id, ConfigEntryDisabler.USER)
        return self.done(mended=True)

    async def async_step_leave_group(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Take the charger out of the group."""
        return self.done(mended=await self.async_mend())


_FLOWS: dict[str, type[Mending]] = {
    "log_in": LogInAgain,
    "remove_member": RemoveMember,
    "enable": EnableCharger,
    "take_power_control": TakePowerControl,
    "one_master": OneMaster,
}


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, Any] | None
) -> RepairsFlow:
    """Return the flow that fixes an issue."""
    assert data is not None
    return _FLOWS[data["flow"]](data)
