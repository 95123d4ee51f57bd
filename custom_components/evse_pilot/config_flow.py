"""Add a charger: pick its vendor and fill in the vendor's form, or confirm one that was discovered."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, override

import voluptuous as vol

from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntry,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlow,
)
from homeassistant.const import CONF_HOST, CONF_MAC, CONF_PORT
from homeassistant.core import callback
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from homeassistant.util import dt as dt_util

from .balancing.settings import SUBENTRY_CHARGER, is_group
from .chargers.charger import Charger
from .chargers.errors import ChargerAuthError, ChargerError
from .chargers.http import parse_address
from .chargers.types import Identity
from .const import CONF_SERIAL, CONF_VENDOR, DOMAIN
from .entities.device import Vendor
from .flows.account import BASE, WAYS_IN, AccountFlow
from .flows.group import GroupFlow, GroupOptionsFlow, MemberFlow
from .runtime.errors import error_key
from .vendors import VENDORS

HTTP_PORT = 80


class FormError(Exception):
    """What a person filled in does not lead to a charger; field and key of the error to show."""

    def __init__(self, field: str, key: str) -> None:
        """Remember where and what."""
        super().__init__(key)
        self.field = field
        self.key = key


class EvsePilotConfigFlow(AccountFlow, GroupFlow, domain=DOMAIN):
    """One entry is one charger, or one group."""

    VERSION = 1

    _data: dict[str, Any]
    _name: str

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        return GroupOptionsFlow()

    @classmethod
    @callback
    @override
    def async_supports_options_flow(cls, config_entry: ConfigEntry) -> bool:
        return is_group(config_entry)

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        return {SUBENTRY_CHARGER: MemberFlow} if is_group(config_entry) else {}

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        return self.async_show_menu(step_id="user", menu_options=[*VENDORS, "group"])

    async def async_step_vendor(
        self, vendor: Vendor[Any, Any], user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show a vendor's form until it leads to a charger, and add that one; or the ways into its cloud."""
        if vendor.cloud is not None:
            self._vendor = vendor
            return self.async_show_menu(step_id=vendor.key, menu_options=WAYS_IN)
        error: FormError | None = None
        if user_input is not None:
            try:
                data = await self._async_identified(vendor, user_input)
            except FormError as problem:
                error = problem
            else:
                await self._async_set_charger(vendor, data)
                return self._async_add(vendor, data)
        return self._form(vendor, vendor.key, user_input or {}, error)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take another address for the same charger; a log-in that is left out stays as it is."""
        entry = self._get_reconfigure_entry()
        if is_group(entry):
            return self.async_abort(reason="group_has_options")
        vendor = VENDORS[entry.data[CONF_VENDOR]]
        if vendor.cloud is not None:
            return await self.async_step_account_reconfigure()
        error: FormError | None = None
        if user_input is not None:
            try:
                data = await self._async_identified(vendor, _login(vendor, entry.data) | user_input)
            except FormError as problem:
                error = problem
            else:
                await self._async_same_charger(entry, vendor, data)
                self._async_abort_entries_match({CONF_HOST: data[CONF_HOST], CONF_PORT: data[CONF_PORT]})
                return self.async_update_reload_and_abort(entry, data_updates=data)
        return self._form(vendor, "reconfigure", user_input or {CONF_HOST: _address(entry.data)}, error)

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Start over with the log-in that the charger, or its cloud, has refused."""
        if VENDORS[entry_data[CONF_VENDOR]].cloud is not None:
            return await self.async_step_account_reauth(entry_data)
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take another log-in for the same charger."""
        entry = self._get_reauth_entry()
        vendor = VENDORS[entry.data[CONF_VENDOR]]
        error: FormError | None = None
        if user_input is not None:
            # What is left empty now is no longer asked for.
            kept = {key: value for key, value in entry.data.items() if key not in vendor.login}
            data = kept | user_input
            # Without its serial, so that another charger says who it is and not only that it is another one.
            asked = {key: value for key, value in data.items() if key != CONF_SERIAL}
            try:
                identity = await self._async_identify(vendor, asked)
            except ChargerError as problem:
                error = FormError(BASE, error_key(problem))
            else:
                await self._async_same_charger(entry, vendor, data | _serial_data(identity.serial))
                return self.async_update_reload_and_abort(entry, data=data)
        return self._login_form(vendor, "reauth_confirm", user_input, error, name=entry.title)

    async def _async_same_charger(
        self, entry: ConfigEntry, vendor: Vendor[Any, Any], data: Mapping[str, Any]
    ) -> None:
        """Abort if another charger than the entry's has answered."""
        if entry.unique_id and CONF_SERIAL in data:
            await self.async_set_unique_id(vendor.unique_id(data[CONF_SERIAL]))
            self._abort_if_unique_id_mismatch(reason="another_charger")

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
            return self.async_update_reload_and_abort(
                entry,
                data_updates=found,
                reason="already_configured",
                reload_even_if_entry_is_unchanged=False,
            )
        return await self._async_discovered(discovery_info.hostname, found)

    async def async_step_discovery_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether to add what was discovered."""
        if user_input is not None:
            return self._async_add(self._vendor, self._data)
        self._set_confirm_only()
        return self.async_show_form(
            step_id="discovery_confirm",
            description_placeholders={
                "vendor": self._vendor.name,
                "name": self._name,
                "address": _address(self._data),
            },
        )

    async def _async_discovered(self, name: str, found: dict[str, Any]) -> ConfigFlowResult:
        """Go on with what has this name on the network: update the entry that has it, or offer it.

        A name that has the serial spares a charger that is known the question who it is.
        """
        vendor = next((vendor for vendor in VENDORS.values() if vendor.recognises(name)), None)
        if vendor is None:
            return self.async_abort(reason="not_supported")
        if (serial := vendor.serial_from_name(name)) is not None:
            await self.async_set_unique_id(vendor.unique_id(serial))
            self._abort_if_unique_id_configured(updates=found)
        data = {CONF_VENDOR: vendor.key, CONF_PORT: HTTP_PORT, **found, **_serial_data(serial)}
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
        data |= _serial_data(identity.serial)
        await self._async_set_charger(vendor, data)
        return await self.async_step_discovery_confirm()

    async def async_step_discovery_login(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask how to log in to what was discovered, and add it."""
        error: FormError | None = None
        if user_input is not None:
            data = self._data | user_input
            try:
                identity = await self._async_identify(self._vendor, data)
            except ChargerError as problem:
                error = FormError(BASE, error_key(problem))
            else:
                data |= _serial_data(identity.serial)
                await self._async_set_charger(self._vendor, data)
                return self._async_add(self._vendor, data)
        return self._login_form(self._vendor, "discovery_login", user_input, error, name=self._name)

    async def _async_identified(
        self, vendor: Vendor[Any, Any], user_input: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the entry's data for the charger that is there; FormError if there is none."""
        data = {CONF_VENDOR: vendor.key, **user_input}
        try:
            data[CONF_HOST], data[CONF_PORT] = parse_address(user_input[CONF_HOST])
        except ValueError as error:
            raise FormError(CONF_HOST, "invalid_host") from error
        try:
            identity = await self._async_identify(vendor, data)
        except ChargerError as error:
            field = BASE if isinstance(error, ChargerAuthError) else CONF_HOST
            raise FormError(field, error_key(error)) from error
        return data | _serial_data(identity.serial or vendor.serial_from_name(data[CONF_HOST]))

    async def _async_identify(self, vendor: Vendor[Any, Any], data: Mapping[str, Any]) -> Identity:
        charger: Charger[Any] = vendor.connect(
            async_get_clientsession(self.hass), data, dt_util.get_default_time_zone()
        )
        return await charger.identify()

    async def _async_set_charger(self, vendor: Vendor[Any, Any], data: Mapping[str, Any]) -> None:
        """Make this flow the one of that charger, and abort if the charger is there already.

        One whose firmware tells no serial is known by its address.
        """
        if serial := data.get(CONF_SERIAL):
            await self.async_set_unique_id(
                vendor.unique_id(serial), raise_on_progress=self.source != SOURCE_USER
            )
            self._abort_if_unique_id_configured(
                updates={key: data[key] for key in (CONF_HOST, CONF_PORT, CONF_MAC) if key in data}
            )
        for entry in self._async_current_entries(include_ignore=False):
            if (
                CONF_HOST in entry.data
                and _address(entry.data) == _address(data)
                and None in (entry.unique_id, self.unique_id)
            ):
                raise AbortFlow("already_configured")

    @override
    def _async_add(self, vendor: Vendor[Any, Any], data: dict[str, Any]) -> ConfigFlowResult:
        # The title is in Home Assistant's log and in entity ids, so it has no serial.
        titles = {entry.title for entry in self._async_current_entries()}
        names = (vendor.name, *(f"{vendor.name} {number}" for number in range(2, len(titles) + 2)))
        return self.async_create_entry(title=next(name for name in names if name not in titles), data=data)

    def _form(
        self, vendor: Vendor[Any, Any], step_id: str, values: Mapping[str, Any], error: FormError | None
    ) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(vendor.form, values),
            errors={error.field: error.key} if error else {},
            description_placeholders={"vendor": vendor.name},
        )

    def _login_form(
        self,
        vendor: Vendor[Any, Any],
        step_id: str,
        values: Mapping[str, Any] | None,
        error: FormError | None,
        *,
        name: str,
    ) -> ConfigFlowResult:
        schema = vol.Schema(
            {marker: field for marker, field in vendor.form.schema.items() if marker in vendor.login}
        )
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, values or {}),
            errors={error.field: error.key} if error else {},
            description_placeholders={"vendor": vendor.name, "name": name},
        )

    def _entry_with_mac(self, mac: str) -> ConfigEntry | None:
        """Return the entry whose device has this address on the network."""
        devices = dr.async_get(self.hass)
        return next(
            (
                entry
                for entry in self._async_current_entries(include_ignore=False)
                if devices.async_get_device_by_connection((dr.CONNECTION_NETWORK_MAC, mac), entry.entry_id)
            ),
            None,
        )


def _step_of(
    vendor: Vendor[Any, Any],
) -> Callable[[EvsePilotConfigFlow, dict[str, Any] | None], Awaitable[ConfigFlowResult]]:
    async def step(self: EvsePilotConfigFlow, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        return await self.async_step_vendor(vendor, user_input)

    return step


# A menu leads to a step of its own for each vendor, so that each form has its own words.
for _vendor in VENDORS.values():
    setattr(EvsePilotConfigFlow, f"async_step_{_vendor.key}", _step_of(_vendor))


def _login(vendor: Vendor[Any, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: data[key] for key in vendor.login if key in data}


def _serial_data(serial: str | None) -> dict[str, str]:
    return {} if serial is None else {CONF_SERIAL: serial}


def _address(data: Mapping[str, Any]) -> str:
    """Return host and port as a person would type them."""
    host, port = data[CONF_HOST], data[CONF_PORT]
    host = f"[{host}]" if ":" in host else host
    return host if port == HTTP_PORT else f"{host}:{port}"
