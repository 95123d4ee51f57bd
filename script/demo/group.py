"""Five chargers are put behind one fuse, and two of them behind a sub-board, as a user would do it."""

from typing import Any

from .added import put_in_area
from .api import Api
from .common import show
from .house import (
    AVERAGE_DEMAND,
    BATTERY_CHARGE,
    BATTERY_POWER,
    FUSE_A,
    GARAGE,
    GARAGE_FUSE_A,
    GARAGE_MEMBERS,
    GARAGE_SENSORS,
    GROUP,
    GROUP_MEMBERS,
    METER_SENSORS,
    report_once,
)

PEAK_TARGET_KW = 25
OPTIONS_OF_A_GROUP = ("fuse", "margin", "safe_current", "leave", "mains")


async def add_group(api: Api) -> None:
    """Put five chargers behind one fuse, as a user would, unless they are."""
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
        # One that could not be added was named.
        "chargers": [entries[title] for title in GROUP_MEMBERS if title in entries],
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
        if "safe_too_many" in (flow.get("errors") or {}).values():
            # It counts each charger on all phases, and is a warning, which the same answer goes past.
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
    await set_options(api, group_id, {key: limits[key] for key in OPTIONS_OF_A_GROUP}, sensors)
    await add_circuit(api, group_id)


async def set_options(api: Api, group_id: str, limits: dict[str, Any], sensors: dict[str, Any]) -> None:
    """Choose the home battery and a peak tariff in the options of the group, as a user would.

    The battery has the sun first below 50 %. The target is above what the main fuse bears, so that it limits nothing
    until a visitor sets another one.
    """
    battery = {
        "battery_power": BATTERY_POWER,
        "battery_sign": "charging_positive",
        "battery_charge": BATTERY_CHARGE,
        "battery_first": 50,
        "battery_takes": 3000,
    }
    peak = {"peak_target": PEAK_TARGET_KW, "peak_follows": False, "peak_sensor": AVERAGE_DEMAND}
    answers = {
        "init": limits | {"peak_window": "quarter_hour"},
        "sensors": sensors,
        "sun": battery,
        "peak": peak,
    }
    path = "/api/config/config_entries/options/flow"
    flow = await answer_forms(api, path, group_id, answers)
    if flow.get("type") != "create_entry":
        show(f"The battery and the peak tariff could not be chosen: {flow}.")


async def add_circuit(api: Api, group_id: str) -> None:
    """Put two of the chargers behind the fuse of the garage, as a user would."""
    members = {
        each["title"]: each["subentry_id"]
        for each in await api.command("config_entries/subentries/list", entry_id=group_id)
    }
    circuit = {
        "name": GARAGE,
        "fuse": GARAGE_FUSE_A,
        "reserve": 1,
        "behind": "main",
        "members": [members[title] for title in GARAGE_MEMBERS],
        "metered": True,
    }
    sensors = {f"sensor_l{phase}": sensor for phase, sensor in enumerate(GARAGE_SENSORS, 1)}
    path = "/api/config/config_entries/subentries/flow"
    flow = await answer_forms(api, path, [group_id, "circuit"], {"user": circuit, "sensors": sensors})
    if flow.get("type") != "create_entry":
        show(f"The sub-board could not be added: {flow}.")


async def answer_forms(
    api: Api, path: str, handler: str | list[str], answers: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """Start a flow, and answer each of its forms; return what it ends with."""
    _, flow = await api.post(path, {"handler": handler})
    while isinstance(flow, dict) and flow.get("type") == "form" and not flow.get("errors"):
        _, flow = await api.post(f"{path}/{flow['flow_id']}", answers.get(flow["step_id"], {}))
    return flow if isinstance(flow, dict) else {"message": flow}
