"""Config flow of a charger that was discovered on the network: it is offered, or its entry gets the new address."""

import asyncio
from typing import Any, override

from homeassistant.config_entries import SOURCE_IGNORE, ConfigEntry, ConfigFlowResult
from homeassistant.const import CONF_HOST, CONF_MAC, CONF_PORT
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

from ..chargers.errors import ChargerAuthError, ChargerError
from ..const import CONF_SERIAL, CONF_VENDOR
from ..entities.device import Vendor
from ..runtime.errors import error_key
from ..vendors import VENDORS
from .charger import HTTP_PORT, ChargerFlow, address_of, adopted, login_error_key, serial_data
from .forms import BASE, FormError

# A box that starts asks for its address some seconds before it serves requests.
_TRIES, TRY_AGAIN_S = 3, 10.0


class DiscoveryFlow(ChargerFlow):
    """Steps of a charger that was discovered."""

    _vendor: Vendor[Any, Any]
    _data: dict[str, Any]
    _name: str
    _moved: ConfigEntry

    @override
    async def async_step_zeroconf(self, discovery_info: ZeroconfServiceInfo) -> ConfigFlowResult:
        return await self._async_discovered(
            discovery_info.name.partition(".")[0],
            {CONF_HOST: discovery_info.host, CONF_PORT: discovery_info.port or HTTP_PORT},
        )

    @override
    async def async_step_dhcp(self, discovery_info: DhcpServiceInfo) -> ConfigFlowResult:
        found = {CONF_HOST: discovery_info.ip, CONF_MAC: dr.format_mac(discovery_info.macaddress)}
        if (entry := self._entry_with_mac(found[CONF_MAC])) is not None:
            if entry.unique_id is not None:
                await self.async_set_unique_id(entry.unique_id)
            return await self._async_follow(entry, found)
        return await self._async_discovered(discovery_info.hostname, found)

    async def async_step_discovery_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether to add the discovered charger."""
        if user_input is not None:
            # An entry may have got its serial meanwhile.
            self._abort_if_unique_id_configured()
            return self._async_add(self._vendor, self._data)
        self._set_confirm_only()
        return self.async_show_form(
            step_id="discovery_confirm",
            description_placeholders={
                "vendor": self._vendor.name,
                "name": self._name,
                "address": address_of(self._data),
            },
        )

    async def _async_discovered(self, name: str, found: dict[str, Any]) -> ConfigFlowResult:
        """Follow the charger with this host name, or offer to add it."""
        vendor = next((vendor for vendor in VENDORS.values() if vendor.recognises(name)), None)
        if vendor is None:
            return self.async_abort(reason="not_supported")
        if (serial := vendor.serial_from_name(name)) is not None:
            if (entry := await self.async_set_unique_id(vendor.unique_id(serial))) is not None:
                return await self._async_follow(entry, found)
        data = {CONF_VENDOR: vendor.key, CONF_PORT: HTTP_PORT, **found, **serial_data(serial)}
        self._vendor, self._data, self._name = vendor, data, name
        self.context["title_placeholders"] = {"name": name}
        try:
            identity = await self._async_identify(vendor, data)
        except ChargerAuthError as error:
            if not vendor.login:
                return self.async_abort(reason=error_key(error))
            await self._async_set_charger(vendor, data)
            return await self.async_step_discovery_login()
        except ChargerError as error:
            return self.async_abort(reason=error_key(error))
        data |= serial_data(identity.serial)
        if identity.serial is not None:
            if (entry := await self.async_set_unique_id(vendor.unique_id(identity.serial))) is not None:
                return await self._async_follow(entry, found)
        serial = data.get(CONF_SERIAL)
        entry = self._entry_with_alias(vendor, identity.alias, serial)
        if entry is not None and address_of(entry.data) != address_of(data):
            return await self._async_follow(entry, found | adopted(entry, serial))
        await self._async_set_charger(vendor, data, identity.alias)
        return await self.async_step_discovery_confirm()

    async def _async_follow(self, entry: ConfigEntry, found: dict[str, Any]) -> ConfigFlowResult:
        """Give an entry the address at which its charger was discovered, if the charger is there and has left the other.

        Anything on the network may announce any name. So the old address is asked first, and the new one without a
        log-in; where a log-in is set, its owner is asked before it is sent to another address.
        """
        if entry.source == SOURCE_IGNORE:
            return self.async_abort(reason="already_configured")
        vendor, data = VENDORS[entry.data[CONF_VENDOR]], {**entry.data, **found}
        if address_of(data) == address_of(entry.data):
            if CONF_MAC in entry.data:
                return self.async_abort(reason="already_configured")
            return self._follow(entry, found)
        if await self._async_is_there(vendor, entry.data):
            return self.async_abort(reason="already_configured")
        for _ in range(_TRIES):
            if is_there := await self._async_is_there(vendor, data, is_new=True):
                break
            await asyncio.sleep(TRY_AGAIN_S)
        if not is_there:
            return self.async_abort(reason="already_configured")
        if not vendor.has_log_in(entry.data):
            return self._follow(entry, found)
        self._vendor, self._data, self._moved = vendor, found, entry
        self.context["title_placeholders"] = {"name": entry.title}
        return await self.async_step_moved()

    def _follow(self, entry: ConfigEntry, found: dict[str, Any]) -> ConfigFlowResult:
        return self.async_update_reload_and_abort(
            entry,
            unique_id=entry.unique_id if self.unique_id is None else self.unique_id,
            data_updates=found,
            reason="already_configured",
            reload_even_if_entry_is_unchanged=False,
        )

    async def async_step_moved(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask whether to send the log-in of a charger to another address, and give its entry that address."""
        entry, data = self._moved, {**self._moved.data, **self._data}
        errors = {}
        if user_input is not None:
            try:
                await self._async_identify(self._vendor, data)
            except ChargerError as problem:
                errors = {BASE: error_key(problem)}
            else:
                return self._follow(entry, self._data)
        self._set_confirm_only()
        return self.async_show_form(
            step_id="moved",
            errors=errors,
            description_placeholders={
                "name": entry.title,
                "address": address_of(data),
                "old_address": address_of(entry.data),
            },
        )

    async def async_step_discovery_login(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the log-in of the discovered charger, and add it."""
        error: FormError | None = None
        if user_input is not None:
            data = self._data | user_input
            try:
                identity = await self._async_identify(self._vendor, data)
            except ChargerError as problem:
                error = FormError(BASE, login_error_key(self._vendor, data, problem))
            else:
                data |= serial_data(identity.serial)
                await self._async_set_charger(self._vendor, data, identity.alias)
                return self._async_add(self._vendor, data)
        return self._login_form(self._vendor, "discovery_login", user_input, error, name=self._name)

    def _entry_with_mac(self, mac: str) -> ConfigEntry | None:
        """Return the entry of the device with this MAC address."""
        devices = dr.async_get(self.hass)
        return next(
            (
                entry
                for entry in self._async_current_entries(include_ignore=False)
                if devices.async_get_device_by_connection((dr.CONNECTION_NETWORK_MAC, mac), entry.entry_id)
            ),
            None,
        )
