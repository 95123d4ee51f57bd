"""Config flow of a charger in a cloud: log in, choose a charger, log in again."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import SOURCE_REAUTH, ConfigFlowResult
from homeassistant.const import (
    CONF_ACCESS_TOKEN,
    CONF_CODE,
    CONF_NAME,
    CONF_PASSWORD,
    CONF_URL,
    CONF_USERNAME,
)
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.helpers.typing import DiscoveryInfoType
from homeassistant.util import dt as dt_util

from ..chargers.account import ChargerCodeRequiredError, Listed, Token
from ..chargers.errors import ChargerError
from ..chargers.http import parse_cloud
from ..const import CONF_SERIAL, CONF_VENDOR
from ..entities.device import settings_of
from ..runtime.accounts import (
    CONF_SIBLING,
    Cloud,
    account_of,
    async_entries_at,
    async_renew,
    async_siblings,
    async_update_account,
    token_of,
    with_token,
)
from ..runtime.errors import error_key
from ..vendors import VENDORS
from .charger import ChargerFlow
from .forms import BASE, Errors, Schema

WAYS_IN = ["account_login", "account_token"]

_URL: Schema = {vol.Required(CONF_URL): TextSelector(TextSelectorConfig(type=TextSelectorType.URL))}
_LOGIN: Schema = {
    vol.Required(CONF_USERNAME): TextSelector(TextSelectorConfig(autocomplete="username")),
    vol.Required(CONF_PASSWORD): TextSelector(
        TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="current-password")
    ),
}
_CODE: Schema = {vol.Required(CONF_CODE): TextSelector(TextSelectorConfig(autocomplete="one-time-code"))}
_TOKEN: Schema = {
    vol.Required(CONF_ACCESS_TOKEN): TextSelector(
        TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
    )
}


class AccountFlow(ChargerFlow):
    """Steps of an account. A form never shows a secret again."""

    _url: str
    _challenge: str
    _token: Token
    _listed: list[Listed]
    _found: dict[str, Any]

    @property
    def _cloud(self) -> Cloud:
        assert self._vendor.cloud is not None
        return self._vendor.cloud

    # Ways in

    async def async_step_account_login(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Log in with user name and password; the password is not stored."""
        errors: Errors = {}
        if user_input is not None:
            try:
                account = account_of(self.hass, self._cloud, self._set_url(user_input), None)
                await self._async_use_token(
                    await account.log_in(user_input[CONF_USERNAME], user_input[CONF_PASSWORD])
                )
            except ChargerCodeRequiredError as needed:
                self._challenge = needed.challenge
                return await self.async_step_account_code()
            except ValueError:
                errors[CONF_URL] = "invalid_url"
            except ChargerError as error:
                errors[BASE] = error_key(error)
            else:
                return await self._async_logged_in()
        return self._account_form("account_login", self._url_schema() | _LOGIN, user_input, errors)

    async def async_step_account_code(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Finish a log-in with a one-time password."""
        errors: Errors = {}
        if user_input is not None:
            account = account_of(self.hass, self._cloud, self._url, None)
            try:
                await self._async_use_token(await account.confirm(self._challenge, user_input[CONF_CODE]))
            except ChargerError as error:
                errors[BASE] = error_key(error)
            else:
                return await self._async_logged_in()
        return self._account_form("account_code", _CODE, None, errors)

    async def async_step_account_token(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Use an access token from the vendor's own page."""
        errors: Errors = {}
        if user_input is not None:
            try:
                self._set_url(user_input)
                # Its age is unknown; it is counted from now.
                ends = dt_util.utcnow() + self._cloud.token_lasts
                access = user_input[CONF_ACCESS_TOKEN].strip()
                await self._async_use_token(Token(access=access, expires_at=ends))
            except ValueError:
                errors[CONF_URL] = "invalid_url"
            except ChargerError as error:
                errors[BASE] = error_key(error)
            else:
                return await self._async_logged_in()
        return self._account_form("account_token", self._url_schema() | _TOKEN, user_input, errors)

    async def _async_use_token(self, token: Token) -> None:
        """Set the token, and list the devices of its account."""
        self._token = token
        self._listed = await account_of(self.hass, self._cloud, self._url, self._token).devices()

    async def _async_logged_in(self) -> ConfigFlowResult:
        if self.source == SOURCE_REAUTH:
            return self._reauthenticated()
        chargers = {device.serial: device.name for device in self._listed if device.is_charger}
        if not chargers:
            return self.async_abort(reason="no_chargers")
        known = self._async_current_ids(include_ignore=False)
        self._found = {
            serial: name for serial, name in chargers.items() if self._vendor.unique_id(serial) not in known
        }
        if not self._found:
            return self.async_abort(reason="already_configured")
        return await self.async_step_account_charger()

    def _set_url(self, user_input: Mapping[str, Any]) -> str:
        """Return and set the address of the cloud; a new log-in keeps the address of the entry."""
        if self.source == SOURCE_REAUTH:
            self._url = self._get_reauth_entry().data[CONF_URL]
        else:
            self._url = parse_cloud(user_input[CONF_URL])
        return self._url

    def _url_schema(self) -> Schema:
        return {} if self.source == SOURCE_REAUTH else _URL

    # Adding one

    async def async_step_account_charger(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose a charger of the account, and add it."""
        if user_input is not None:
            serial = user_input[CONF_SERIAL]
            # A log-in may go on while the same charger also waits as discovered.
            await self.async_set_unique_id(self._vendor.unique_id(serial), raise_on_progress=False)
            self._abort_if_unique_id_configured()
            data = {CONF_VENDOR: self._vendor.key, CONF_URL: self._url} | user_input
            return self._async_add(self._vendor, with_token(data, self._token))
        options = [SelectOptionDict(value=serial, label=name) for serial, name in self._found.items()]
        schema: Schema = {
            vol.Required(CONF_SERIAL, default=options[0]["value"]): SelectSelector(
                SelectSelectorConfig(options=options)
            )
        }
        return self._account_form("account_charger", schema | self._vendor.form.schema, None, {})

    async def async_step_integration_discovery(self, discovery_info: DiscoveryInfoType) -> ConfigFlowResult:
        """Offer a charger of the same account as one that is set up."""
        self._found = dict(discovery_info)
        sibling = self.hass.config_entries.async_get_entry(self._found[CONF_SIBLING])
        if sibling is None:
            return self.async_abort(reason="no_account")
        self._vendor = VENDORS[sibling.data[CONF_VENDOR]]
        await self.async_set_unique_id(self._vendor.unique_id(self._found[CONF_SERIAL]))
        self._abort_if_unique_id_configured()
        self.context["title_placeholders"] = {"name": self._found[CONF_NAME]}
        return await self.async_step_account_confirm()

    async def async_step_account_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the settings of a charger that was discovered, and add it."""
        if user_input is not None:
            sibling = self.hass.config_entries.async_get_entry(self._found[CONF_SIBLING])
            if sibling is None:
                return self.async_abort(reason="no_account")
            data = {key: sibling.data[key] for key in (CONF_VENDOR, CONF_URL)}
            data |= {CONF_SERIAL: self._found[CONF_SERIAL]} | user_input
            return self._async_add(self._vendor, with_token(data, token_of(sibling.data)))
        return self._account_form(
            "account_confirm", self._vendor.form.schema, None, {}, name=self._found[CONF_NAME]
        )

    # Changing one

    async def async_step_account_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for another address of the cloud, for the whole account."""
        entry = self._get_reconfigure_entry()
        self._vendor = VENDORS[entry.data[CONF_VENDOR]]
        errors: Errors = {}
        if user_input is not None:
            try:
                data = {**entry.data, CONF_URL: parse_cloud(user_input[CONF_URL])}
                charger = self._vendor.connect(
                    self.hass, settings_of(entry) | data, dt_util.get_default_time_zone()
                )
                await charger.identify()
            except ValueError:
                errors[CONF_URL] = "invalid_url"
            except ChargerError as error:
                errors[BASE] = error_key(error)
            else:
                others = [other for other in async_siblings(self.hass, entry) if other is not entry]
                if data[CONF_URL] != entry.data[CONF_URL]:
                    async_update_account(self.hass, others, token_of(data), **{CONF_URL: data[CONF_URL]})
                return self.async_update_reload_and_abort(entry, data=data)
        return self._account_form("account_reconfigure", _URL, user_input or entry.data, errors)

    # Logging in again

    async def async_step_account_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Renew the token without a log-in if possible; else ask for one."""
        entry = self._get_reauth_entry()
        self._vendor = VENDORS[entry.data[CONF_VENDOR]]
        if await async_renew(self.hass, entry, self._cloud):
            return self.async_abort(reason="reauth_successful")
        return self.async_show_menu(
            step_id="account_reauth",
            menu_options=WAYS_IN,
            description_placeholders={"vendor": self._vendor.name, "name": entry.title},
        )

    def _reauthenticated(self) -> ConfigFlowResult:
        """Store the new token in all entries of its account; abort if this entry's charger is not in it."""
        entry = self._get_reauth_entry()
        serials = {device.serial for device in self._listed}
        if entry.data[CONF_SERIAL] not in serials:
            return self.async_abort(reason="another_account")
        opened = [
            other
            for other in async_entries_at(self.hass, entry.data)
            if other is not entry and other.data[CONF_SERIAL] in serials
        ]
        async_update_account(self.hass, opened, self._token)
        return self.async_update_reload_and_abort(entry, data=with_token(entry.data, self._token))

    def _account_form(
        self,
        step_id: str,
        schema: Schema,
        values: Mapping[str, Any] | None,
        errors: Errors,
        *,
        name: str = "",
    ) -> ConfigFlowResult:
        shown = {
            key: value
            for key, value in ({CONF_URL: self._cloud.url} | dict(values or {})).items()
            if key not in (CONF_ACCESS_TOKEN, CONF_PASSWORD)
        }
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(vol.Schema(schema), shown),
            errors=errors,
            description_placeholders={"vendor": self._vendor.name, "name": name},
        )
