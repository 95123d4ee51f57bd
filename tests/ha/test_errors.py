"""The table of errors: each kind ends as the right one of Home Assistant."""

import pytest

from custom_components.evse_pilot.chargers.account import ChargerAccountError
from custom_components.evse_pilot.chargers.errors import (
    ChargerAuthError,
    ChargerBusyError,
    ChargerError,
    ChargerProtocolError,
    ChargerRefusedError,
    ChargerUnreachableError,
)
from custom_components.evse_pilot.runtime.errors import translated
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.update_coordinator import UpdateFailed


@pytest.mark.parametrize(
    ("error", "kind", "becomes", "key"),
    [
        (ChargerBusyError(), UpdateFailed, UpdateFailed, "busy"),
        (ChargerUnreachableError(), UpdateFailed, UpdateFailed, "unreachable"),
        (ChargerProtocolError(), UpdateFailed, UpdateFailed, "unexpected_answer"),
        (ChargerAuthError(), UpdateFailed, UpdateFailed, "not_authorized"),
        (ChargerAccountError(), UpdateFailed, UpdateFailed, "account_not_allowed"),
        (ChargerRefusedError("no_pause"), UpdateFailed, UpdateFailed, "refused_no_pause"),
        (ChargerUnreachableError(), HomeAssistantError, HomeAssistantError, "unreachable"),
        (ChargerAuthError(), HomeAssistantError, HomeAssistantError, "not_authorized"),
        (ChargerAccountError(), HomeAssistantError, HomeAssistantError, "account_not_allowed"),
        (ChargerRefusedError("no_pause"), HomeAssistantError, ServiceValidationError, "refused_no_pause"),
    ],
)
def test_table(
    error: ChargerError, kind: type[HomeAssistantError], becomes: type[HomeAssistantError], key: str
) -> None:
    """A refusal of a command is the caller's to mend, the rest the charger's."""
    with pytest.raises(HomeAssistantError) as raised, translated(kind, "Garage"):
        raise error
    assert type(raised.value) is becomes
    assert raised.value.translation_key == key
    assert raised.value.translation_placeholders == {"name": "Garage"}
