"""Config flow of a charger on the network: its vendor's form, discovery, another address, another log-in."""

import asyncio
from collections.abc import Mapping
from typing import Any, override

import voluptuous as vol

from homeassistant.config_entries import SOURCE_IGNORE, SOURCE_USER, ConfigEntry, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_HOST, CONF_MAC, CONF_PASSWORD, CONF_PORT
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from homeassistant.util import dt as dt_util

from ..chargers.charger import Charger
from ..chargers.errors import ChargerAuthError, ChargerBusyError, ChargerError
from ..chargers.http import parse_address
from ..chargers.types import Identity
from ..const import CONF_DEVICE_ID, CONF_SERIAL, CONF_VENDOR
from ..entities.device import Vendor
from ..runtime.adoption import async_adopt_serial, async_has_alias, device_id, lacks_serial
from ..runtime.errors import error_key
from ..vendors import VENDORS
from .forms import BASE, FormError

HTTP_PORT = 80
# A box that starts asks for its address some seconds before it serves requests.
_TRIES, TRY_AGAIN_S = 3, 10.0


class ChargerFlow(ConfigFlow):
    """Steps of a charger on the network."""

    _vendor: Vendor[Any, Any]
    _data: dict[str, Any]
    _name: str
    _moved: ConfigEntry

    async def _async_vendor_form(
        self, vendor: Vendor[Any, Any], user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Show a vendor's form until a charger answers at the address, and add that charger."""
        error: FormError | None = None
        if user_input is not None:
            try:
                data, alias = await self._async_identified(vendor, user_input)
            except FormError as problem:
                error = problem
            else:
                await self._async_set_charger(vendor, data, alias)
                return self._async_add(vendor, data)
        return self._form(vendor, vendor.key, user_input or {}, error)

    async def _async_reconfigure(
        self, entry: ConfigEntry, vendor: Vendor[Any, Any], user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Ask for another address of the same charger; a log-in that is left out stays as it is."""
        error: FormError | None = None
        if user_input is not None:
            try:
                data, alias = await self._async_identified(vendor, user_input, entry)
            except FormError as problem:
                error = problem
            else:
                await self._async_same_charger(entry, vendor, data, alias)
                self._async_abort_entries_match({CONF_HOST: data[CONF_HOST], CONF_PORT: data[CONF_PORT]})
                if serial := data.get(CONF_SERIAL):
                    async_adopt_serial(self.hass, entry, serial, vendor.unique_id(serial))
                return self.async_update_reload_and_abort(entry, data_updates=data)
        return self._form(vendor, "reconfigure", user_input or {CONF_HOST: _address(entry.data)}, error)

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for another log-in of the same charger."""
        entry = self._get_reauth_entry()
        vendor = VENDORS[entry.data[CONF_VENDOR]]
        error: FormError | None = None
        if user_input is not None:
            # A field that is left empty removes its part of the log-in.
            others = {key: value for key, value in entry.data.items() if key not in vendor.login}
            data = others | user_input
            # Without the serial number, so that another charger returns its own and not only an error.
            unidentified = {key: value for key, value in data.items() if key != CONF_SERIAL}
            try:
                identity = await self._async_identify(vendor, unidentified)
            except ChargerError as problem:
                error = FormError(BASE, _error_key(vendor, unidentified, problem))
            else:
                found = data | _serial_data(identity.serial)
                await self._async_same_charger(entry, vendor, found, identity.alias)
                return self.async_update_reload_and_abort(entry, data=data)
        values = user_input or {key: entry.data.get(key) for key in vendor.login if key != CONF_PASSWORD}
        return self._login_form(vendor, "reauth_confirm", values, error, name=entry.title)

    async def _async_same_charger(
        self, entry: ConfigEntry, vendor: Vendor[Any, Any], data: Mapping[str, Any], alias: str | None
    ) -> None:
        """Abort if another charger than the entry's has answered."""
        if (serial := data.get(CONF_SERIAL)) is None:
            return
        unique_id = vendor.unique_id(serial)
        if entry.unique_id is not None and not async_has_alias(self.hass, entry, alias, serial):
            await self.async_set_unique_id(unique_id)
            self._abort_if_unique_id_mismatch(reason="another_charger")
        other = self.hass.config_entries.async_entry_for_domain_unique_id(self.handler, unique_id)
        if other not in (None, entry):
            raise AbortFlow("already_configured")

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
                "address": _address(self._data),
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
        if identity.serial is not None:
            if (entry := await self.async_set_unique_id(vendor.unique_id(identity.serial))) is not None:
                return await self._async_follow(entry, found)
        serial = data.get(CONF_SERIAL)
        entry = self._entry_with_alias(vendor, identity.alias, serial)
        if entry is not None and _address(entry.data) != _address(data):
            return await self._async_follow(entry, found | _adopted(entry, serial))
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
        if _address(data) == _address(entry.data):
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
                "address": _address(data),
                "old_address": _address(entry.data),
            },
        )

    async def _async_is_there(
        self, vendor: Vendor[Any, Any], data: Mapping[str, Any], *, is_new: bool = False
    ) -> bool:
        """Return whether a charger answers at an address, as far as it can be known without a log-in.

        What shows no serial may be any box: at the old address it is taken to be the charger, at a new one only where
        a log-in is asked for and one is set.
        """
        try:
            await self._async_identify(vendor, _without_login(vendor, data))
        except ChargerBusyError:
            return not is_new
        except ChargerAuthError:
            return not is_new or vendor.has_log_in(data)
        except ChargerError:
            return False
        return True

    async def async_step_discovery_login(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the log-in of the discovered charger, and add it."""
        error: FormError | None = None
        if user_input is not None:
            data = self._data | user_input
            try:
                identity = await self._async_identify(self._vendor, data)
            except ChargerError as problem:
                error = FormError(BASE, _error_key(self._vendor, data, problem))
            else:
                data |= _serial_data(identity.serial)
                await self._async_set_charger(self._vendor, data, identity.alias)
                return self._async_add(self._vendor, data)
        return self._login_form(self._vendor, "discovery_login", user_input, error, name=self._name)

    async def _async_identified(
        self, vendor: Vendor[Any, Any], user_input: Mapping[str, Any], entry: ConfigEntry | None = None
    ) -> tuple[dict[str, Any], str | None]:
        """Return the entry's data for the charger at the address, and its alias; FormError if there is none.

        The log-in of the entry is sent there only if what answers asks for one.
        """
        data = {CONF_VENDOR: vendor.key, **user_input}
        login = {} if entry is None else _login(vendor, entry.data)
        try:
            data[CONF_HOST], data[CONF_PORT] = parse_address(user_input[CONF_HOST])
        except ValueError as error:
            raise FormError(CONF_HOST, "invalid_host") from error
        try:
            try:
                identity = await self._async_identify(vendor, data)
            except ChargerAuthError:
                if not login.keys() - data.keys():
                    raise
                identity = await self._async_identify(vendor, login | data)
        except ChargerError as error:
            field = BASE if isinstance(error, ChargerAuthError) else CONF_HOST
            raise FormError(field, _error_key(vendor, login | data, error)) from error
        serial = identity.serial or vendor.serial_from_name(data[CONF_HOST])
        return login | data | _serial_data(serial), identity.alias

    async def _async_identify(self, vendor: Vendor[Any, Any], data: Mapping[str, Any]) -> Identity:
        charger: Charger[Any] = vendor.connect(self.hass, data, dt_util.get_default_time_zone())
        return await charger.identify()

    async def _async_set_charger(
        self, vendor: Vendor[Any, Any], data: Mapping[str, Any], alias: str | None = None
    ) -> None:
        """Set the unique id of this flow, and abort if the charger is configured already.

        A charger that does not report a serial number is identified by its address; its entry gets the number that is
        known now.
        """
        if serial := data.get(CONF_SERIAL):
            entry = await self.async_set_unique_id(
                vendor.unique_id(serial), raise_on_progress=self.source != SOURCE_USER
            )
            if entry is not None and entry.source != SOURCE_IGNORE:
                await self._async_move(entry, vendor, data)
            self._abort_if_unique_id_configured()
        for entry in self._async_current_entries(include_ignore=False):
            if (
                CONF_HOST in entry.data
                and _address(entry.data) == _address(data)
                and (lacks_serial(entry, alias) or self.unique_id is None)
            ):
                if serial and lacks_serial(entry, alias) and entry.data[CONF_VENDOR] == vendor.key:
                    async_adopt_serial(self.hass, entry, serial, vendor.unique_id(serial))
                raise AbortFlow("already_configured")
        if (entry := self._entry_with_alias(vendor, alias, serial)) is not None:
            await self._async_move(entry, vendor, data)
            raise AbortFlow("already_configured")

    async def _async_move(
        self, entry: ConfigEntry, vendor: Vendor[Any, Any], data: Mapping[str, Any]
    ) -> None:
        """Give an entry the address at which its charger is being added again, if it has left the other.

        A typed address may be a stranger's: the stored log-in is not sent there, and goes only if another one was typed
        and accepted. Reconfigure moves a charger whatever answers at the old address.
        """
        login = {key: value for key, value in _login(vendor, data).items() if value}
        if (
            _address(entry.data) == _address(data)
            or (vendor.has_log_in(entry.data) and not login)
            or await self._async_is_there(vendor, entry.data)
        ):
            return
        address = {key: data[key] for key in (CONF_HOST, CONF_PORT, CONF_MAC) if key in data}
        self.async_update_reload_and_abort(
            entry,
            unique_id=entry.unique_id if self.unique_id is None else self.unique_id,
            data=_without_login(vendor, entry.data)
            | login
            | address
            | _adopted(entry, data.get(CONF_SERIAL)),
        )

    def _async_add(
        self, vendor: Vendor[Any, Any], data: dict[str, Any], name: str | None = None
    ) -> ConfigFlowResult:
        # The title is in the log and in entity ids, so it does not contain the serial number.
        titles = {entry.title for entry in self._async_current_entries()}
        name = name or vendor.name
        names = (name, *(f"{name} {number}" for number in range(2, len(titles) + 2)))
        return self.async_create_entry(
            title=next(name for name in names if name not in titles),
            data={key: value for key, value in data.items() if key not in vendor.options},
            options={key: data[key] for key in vendor.options},
        )

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

    def _entry_with_alias(
        self, vendor: Vendor[Any, Any], alias: str | None, serial: str | None
    ) -> ConfigEntry | None:
        """Return the entry of the charger with this alias, at whatever address it was."""
        return next(
            (
                entry
                for entry in self._async_current_entries(include_ignore=False)
                if entry.data.get(CONF_VENDOR) == vendor.key
                and async_has_alias(self.hass, entry, alias, serial)
            ),
            None,
        )

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


def _error_key(vendor: Vendor[Any, Any], data: Mapping[str, Any], error: ChargerError) -> str:
    """Return the translation key of an error: a log-in that was not given is not one that is refused."""
    if isinstance(error, ChargerAuthError) and vendor.login and not vendor.has_log_in(data):
        return "login_required"
    return error_key(error)


def _login(vendor: Vendor[Any, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: data[key] for key in vendor.login if key in data}


def _without_login(vendor: Vendor[Any, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry's data as they may be used at an address that is not known to be its charger's."""
    return {key: value for key, value in data.items() if key not in vendor.login}


def _serial_data(serial: str | None) -> dict[str, str]:
    return {} if serial is None else {CONF_SERIAL: serial}


def _adopted(entry: ConfigEntry, serial: str | None) -> dict[str, str]:
    """Return what changes in an entry's data with the serial of its charger; device and entities stay the same."""
    if serial is None or serial == entry.data.get(CONF_SERIAL):
        return {}
    return {CONF_SERIAL: serial, CONF_DEVICE_ID: device_id(entry)}


def _address(data: Mapping[str, Any]) -> str:
    """Return host and port as a person would type them."""
    host, port = data[CONF_HOST], data[CONF_PORT]
    host = f"[{host}]" if ":" in host else host
    return host if port == HTTP_PORT else f"{host}:{port}"
