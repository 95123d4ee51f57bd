"""Three chargers are put behind one fuse, as a user would do it."""

from typing import Any

from .added import put_in_area
from .api import Api
from .common import show
from .house import BATTERY_CHARGE, BATTERY_POWER, FUSE_A, GROUP, GROUP_MEMBERS, METER_SENSORS, report_once

OPTIONS_OF_A_GROUP = ("fuse", "margin", "safe_current", "leave", "mains")


async def add_group(api: Api) -> None:
    """Put three chargers behind one fuse, as a user would, unless they are."""
    entries = {
        entry["title"]: entry["entry_id"]
        for entry in await api.command("config_entries/get", domain="evse_pilot")
    }
    if GROUP in entries:
        return
    await report_once(api)
    flow = await api.flow({"handler": "evse_pilot"})
    limits = {
        "name": GROUP,
        "phases": "3",
        "chargers": [entries[title] for title in GROUP_MEMBERS],
        "observer": False,
        "fuse": FUSE_A,
        "margin": 1,
        "safe_current": 6,
        "leave": "safe",
        "mains": "sensors",
    }
    sensors: dict[str, Any] = {f"sensor_l{phase}": sensor for phase, sensor in enumerate(METER_SENSORS, 1)}
    sensors["exports"] = True
    answers: tuple[dict[str, Any], ...] = ({"next_step_id": "group"}, limits, sensors)
    for answer in answers:
        flow = await api.flow(answer, flow["flow_id"])
    while flow.get("step_id") == "group_charger" and not flow.get("errors"):
        wiring = GROUP_MEMBERS[flow["description_placeholders"]["name"]]
        answer = {"wiring": wiring, "minimum": 6, "maximum": 16, "priority": 1}
        flow = await api.flow(answer, flow["flow_id"])
    if flow.get("type") != "create_entry":
        show(f"The group could not be added: {flow}.")
        return
    group_id = flow["result"]["entry_id"]
    await put_in_area(api, group_id, GROUP)
    await name_battery(api, group_id, {key: limits[key] for key in OPTIONS_OF_A_GROUP}, sensors)


async def name_battery(api: Api, group_id: str, limits: dict[str, Any], sensors: dict[str, Any]) -> None:
    """Choose the home battery in the options of the group, as a user would: it has the sun first below 50 %."""
    battery = {
        "battery_power": BATTERY_POWER,
        "battery_sign": "charging_positive",
        "battery_charge": BATTERY_CHARGE,
        "battery_first": 50,
        "battery_takes": 3000,
    }
    answers = {"init": limits, "sensors": sensors, "sun": battery}
    path = "/api/config/config_entries/options/flow"
    _, flow = await api.post(path, {"handler": group_id})
    while flow.get("type") == "form" and not flow.get("errors"):
        _, flow = await api.post(f"{path}/{flow['flow_id']}", answers.get(flow["step_id"], {}))
    if flow.get("type") != "create_entry":
        show(f"The battery could not be named: {flow}.")
