"""The chargers are added to Home Assistant as a user would add them."""

import asyncio
from contextlib import suppress
import json
from typing import Any

from .api import Api
from .common import show
from .stands import Stand

DISCOVER_WITHIN_S = 6
# Of each charger that another integration has.
CIRCUIT_CURRENT_A = 16


async def discovered_flow(api: Api, stand: Stand[Any]) -> str | None:
    """Return the flow that offers this charger, once it is discovered; None: it is not."""
    if stand.service is None:
        return None
    serial = str(stand.emulator.serial)
    with suppress(TimeoutError):
        async with asyncio.timeout(DISCOVER_WITHIN_S):
            while True:
                for flow in await api.command("config_entries/flow/progress"):
                    # A real charger in this house may be offered too, and is left alone.
                    if flow["handler"] == "evse_pilot" and serial in json.dumps(flow["context"]):
                        return str(flow["flow_id"])
                await asyncio.sleep(0.25)
    return None


async def add_charger(api: Api, stand: Stand[Any], *, look: bool) -> None:
    """Add the charger as a user would: confirm it where it was discovered, else give its address."""
    if look and (flow_id := await discovered_flow(api, stand)):
        flow = await api.flow({}, flow_id)
    else:
        flow = await api.flow({"handler": "evse_pilot"})
        if flow.get("type") == "menu":
            flow = await api.flow({"next_step_id": stand.vendor}, flow["flow_id"])
        for answer in stand.by_hand(stand.address):
            if flow.get("type") in ("form", "menu"):
                flow = await api.flow(answer, flow["flow_id"])
    await settle_in(api, stand, flow)


async def add_other(api: Api, stand: Stand[Any]) -> None:
    """Add the charger of another make as a user would: to its own integration, and then by its device."""
    entries = await api.command("config_entries/get", domain=stand.id)
    if not entries:
        flow = await api.flow({"handler": stand.id})
        for answer in stand.by_hand(stand.address):
            flow = await api.flow(answer, flow["flow_id"])
        await settle_in(api, stand, flow)
        if flow.get("type") != "create_entry":
            return
        entries = [flow["result"]]
    [device_id] = [
        device["id"]
        for device in await api.command("config/device_registry/list")
        if entries[0]["entry_id"] in device["config_entries"]
    ]
    flow = await api.flow({"handler": "evse_pilot"})
    for answer in ({"next_step_id": stand.vendor}, {"device": device_id}):
        flow = await api.flow(answer, flow["flow_id"])
    if flow.get("type") == "form" and not flow.get("errors"):
        # Which entity is what is proposed.
        proposed = {
            field["name"]: field["description"]["suggested_value"]
            for field in flow["data_schema"]
            if "suggested_value" in field.get("description", {})
        }
        flow = await api.flow(proposed | {"circuit_current": CIRCUIT_CURRENT_A}, flow["flow_id"])
    await settle_in(api, stand, flow)


async def settle_in(api: Api, stand: Stand[Any], flow: dict[str, Any]) -> None:
    """Give a charger that was added its place; print why one was not."""
    if flow.get("type") == "create_entry":
        await put_in_area(api, flow["result"]["entry_id"], stand.area)
    elif flow.get("reason") != "already_configured":
        why = flow.get("reason") or flow.get("errors") or flow.get("message") or flow
        # An answer that is no JSON may have several lines.
        why = " ".join(str(why).split())
        show(f"The {stand.emulator.name} at {stand.address} could not be added to Home Assistant: {why}.")


async def put_in_area(api: Api, entry_id: str, name: str) -> None:
    """Give the devices of a new entry their place in the house."""
    areas = await api.command("config/area_registry/list")
    area = next((area for area in areas if area["name"] == name), None)
    area = area or await api.command("config/area_registry/create", name=name)
    for device in await api.command("config/device_registry/list"):
        if entry_id in device["config_entries"]:
            await api.command(
                "config/device_registry/update", device_id=device["id"], area_id=area["area_id"]
            )


async def show_first(api: Api) -> None:
    """Make the dashboard of the integration the first thing to see; the usual one shows an empty house."""
    path = "the-chargers"
    await api.command("lovelace/dashboards/create", url_path=path, title="Chargers", icon="mdi:ev-station")
    content = {"strategy": {"type": "custom:evse-pilot"}}
    await api.command("lovelace/config/save", url_path=path, config=content)
    await api.command("frontend/set_user_data", key="core", value={"default_panel": path})
