"""The files of the version before the controller, as its code wrote them."""

from typing import Any


def stored(kind: str, entry_id: str, data: Any, version: int = 1) -> dict[str, Any]:
    """Return an entry of Home Assistant's storage."""
    key = f"evse_pilot.{kind}.{entry_id}"
    return {key: {"version": version, "minor_version": 1, "key": key, "data": data}}


def limit(**fields: Any) -> dict[str, Any]:
    """Return what `limits.py` stored."""
    return {
        "limit_a": None,
        "until": None,
        "before_a": None,
        "earlier_a": None,
        "told": False,
        "confirmed": False,
        "pending_a": None,
        "seen_a": None,
    } | fields


def schedule(*windows: dict[str, Any], outside: str = "paused", **fields: Any) -> dict[str, Any]:
    """Return what `scheduling/runner.py` stored."""
    week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    return {
        "schedule": {
            "windows": [{"days": week} | window for window in windows],
            "outside": outside,
            "enabled": True,
        },
        "executed_by": "home_assistant",
        "follow": None,
        "overridden": False,
        "once": None,
        "owners_limit_a": None,
        "seen_limit_a": None,
        "owners_mode": None,
        "owners_phases": None,
        "spent_wh": 0.0,
        "spent_since": None,
        "counter_wh": None,
        "paused": False,
        "told_utc_offset_s": 3600.0,
    } | fields


def group(charger: str, **fields: Any) -> dict[str, Any]:
    """Return what `balancing/group.py` stored for a group of one charger."""
    kept = {
        "charger": charger,
        "given_a": None,
        "owners_limit_a": None,
        "left_a": None,
        "limit_a": None,
        "writes": 0,
        "day": "",
    }
    return {"members": {"member": kept | fields}, "ceiling": None}
