"""The repairs page, as a person uses it."""

from typing import Any

from custom_components.evse_pilot.const import DOMAIN
from homeassistant.components.repairs.issue_handler import RepairsFlowManager
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component


def issues(hass: HomeAssistant) -> set[str]:
    """Return the repairs that are open."""
    return {issue_id for domain, issue_id in ir.async_get(hass).issues if domain == DOMAIN}


def issue_of(hass: HomeAssistant, issue_id: str) -> ir.IssueEntry:
    """Return a repair that is open."""
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    assert issue
    return issue


async def open_flow(hass: HomeAssistant, issue_id: str) -> Any:
    """Open a repair, and return the form that is shown."""
    manager = await _manager(hass)
    return await manager.async_init(DOMAIN, context={"issue_id": issue_id})


async def go_on(hass: HomeAssistant, shown: Any, **answer: str) -> Any:
    """Submit a form, or choose from a menu."""
    manager = await _manager(hass)
    result = await manager.async_configure(shown["flow_id"], answer)
    await hass.async_block_till_done()
    return result


async def _manager(hass: HomeAssistant) -> RepairsFlowManager:
    assert await async_setup_component(hass, "repairs", {})
    manager: RepairsFlowManager = hass.data["repairs"]["flow_manager"]
    return manager
