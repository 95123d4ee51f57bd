"""Config flow: one entry is one charger, or one load-balancing group."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, override

from homeassistant.config_entries import ConfigEntry, ConfigFlowResult, ConfigSubentryFlow, OptionsFlow
from homeassistant.core import callback

from .balancing.circuits import SUBENTRY_CIRCUIT
from .balancing.settings import SUBENTRY_CHARGER, is_group
from .const import CONF_VENDOR, DOMAIN
from .entities.device import Vendor
from .flows.account import WAYS_IN, AccountFlow
from .flows.circuit import CircuitFlow
from .flows.discovery import DiscoveryFlow
from .flows.existing import ExistingFlow
from .flows.group import GroupFlow, GroupOptionsFlow
from .flows.member import MemberFlow
from .flows.options import ChargerOptionsFlow, has_options
from .vendors import VENDORS


class EvsePilotConfigFlow(DiscoveryFlow, AccountFlow, ExistingFlow, GroupFlow, domain=DOMAIN):
    """One entry is one charger, or one group."""

    VERSION, MINOR_VERSION = 1, 2

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        return GroupOptionsFlow() if is_group(config_entry) else ChargerOptionsFlow()

    @classmethod
    @callback
    @override
    def async_supports_options_flow(cls, config_entry: ConfigEntry) -> bool:
        return is_group(config_entry) or has_options(config_entry)

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        if not is_group(config_entry):
            return {}
        return {SUBENTRY_CHARGER: MemberFlow, SUBENTRY_CIRCUIT: CircuitFlow}

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        return self.async_show_menu(step_id="user", menu_options=[*VENDORS, "group"])

    async def async_step_vendor(
        self, vendor: Vendor[Any, Any], user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the vendor's form, the ways to log in to its cloud, or what Home Assistant has."""
        if vendor.cloud is not None:
            self._vendor = vendor
            return self.async_show_menu(step_id=vendor.key, menu_options=WAYS_IN)
        if vendor.chooser is not None:
            return await self._async_choose(vendor, user_input)
        return await self._async_vendor_form(vendor, user_input)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for another address of the same charger, or of its cloud."""
        entry = self._get_reconfigure_entry()
        if is_group(entry):
            return await self.async_step_group_reconfigure()
        vendor = VENDORS[entry.data[CONF_VENDOR]]
        if vendor.cloud is not None:
            return await self.async_step_account_reconfigure()
        if vendor.chooser is not None:
            return await self._async_choose_again(entry, vendor)
        return await self._async_reconfigure(entry, vendor, user_input)

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Ask for the log-in again that the charger, or its cloud, has refused."""
        if VENDORS[entry_data[CONF_VENDOR]].cloud is not None:
            return await self.async_step_account_reauth(entry_data)
        return await self.async_step_reauth_confirm()


def _step_of(
    vendor: Vendor[Any, Any],
) -> Callable[[EvsePilotConfigFlow, dict[str, Any] | None], Awaitable[ConfigFlowResult]]:
    async def step(self: EvsePilotConfigFlow, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        return await self.async_step_vendor(vendor, user_input)

    return step


# The menu leads to one step for each vendor, so that each form has its own texts.
for _vendor in VENDORS.values():
    setattr(EvsePilotConfigFlow, f"async_step_{_vendor.key}", _step_of(_vendor))
