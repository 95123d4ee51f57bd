"""Config flow of a charger on the network: its vendor's form, another address, another log-in."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import SOURCE_IGNORE, SOURCE_USER, ConfigEntry, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_HOST, CONF_MAC, CONF_PASSWORD, CONF_PORT
from homeassistant.data_entry_flow import AbortFlow
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


class ChargerFlow(ConfigFlow):
    """Steps of a charger on the network."""

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
        return self._form(vendor, "reconfigure", user_input or {CONF_HOST: address_of(entry.data)}, error)

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
                error = FormError(BASE, login_error_key(vendor, unidentified, problem))
            else:
                found = data | serial_data(identity.serial)
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
            raise FormError(field, login_error_key(vendor, login | data, error)) from error
        serial = identity.serial or vendor.serial_from_name(data[CONF_HOST])
        return login | data | serial_data(serial), identity.alias

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
                and address_of(entry.data) == address_of(data)
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
            address_of(entry.data) == address_of(data)
            or (vendor.has_log_in(entry.data) and not login)
            or await self._async_is_there(vendor, entry.data)
        ):
            return
        address = {key: data[key] for key in (CONF_HOST, CONF_PORT, CONF_MAC) if key in data}
        self.async_update_reload_and_abort(
            entry,
            unique_id=entry.unique_id if self.unique_id is None else self.unique_id,
            data=_without_login(vendor, entry.data) | login | address | adopted(entry, data.get(CONF_SERIAL)),
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


def login_error_key(vendor: Vendor[Any, Any], data: Mapping[str, Any], error: ChargerError) -> str:
    """Return the translation key of an error: a log-in that was not given is not one that is refused."""
    if isinstance(error, ChargerAuthError) and vendor.login and not vendor.has_log_in(data):
        return "login_required"
    return error_key(error)


def _login(vendor: Vendor[Any, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: data[key] for key in vendor.login if key in data}


def _without_login(vendor: Vendor[Any, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry's data as they may be used at an address that is not known to be its charger's."""
    return {key: value for key, value in data.items() if key not in vendor.login}


def serial_data(serial: str | None) -> dict[str, str]:
    """Return what an entry's data have of a serial number, where there is one."""
    return {} if serial is None else {CONF_SERIAL: serial}


def adopted(entry: ConfigEntry, serial: str | None) -> dict[str, str]:
    """Return what changes in an entry's data with the serial of its charger; device and entities stay the same."""
    if serial is None or serial == entry.data.get(CONF_SERIAL):
        return {}
    return {CONF_SERIAL: serial, CONF_DEVICE_ID: device_id(entry)}


def address_of(data: Mapping[str, Any]) -> str:
    """Return host and port as a person would type them."""
    host, port = data[CONF_HOST], data[CONF_PORT]
    host = f"[{host}]" if ":" in host else host
    return host if port == HTTP_PORT else f"{host}:{port}"
