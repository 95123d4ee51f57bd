"""Circuits of a group: fuses between the main fuse and some of its chargers, as its config entry has them."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry

from .law.model import Circuit

SUBENTRY_CIRCUIT: Final = "circuit"
# In the data of a circuit's subentry
CONF_CIRCUIT_FUSE: Final = "fuse"
CONF_RESERVE: Final = "reserve"
CONF_BEHIND: Final = "behind"
CONF_MEMBERS: Final = "members"
# Whether it has a meter of its own; its sensors have the names of those of the mains.
CONF_METERED: Final = "metered"
# What a circuit is behind that is behind no other one
MAIN: Final = "main"


def circuits_of(group: ConfigEntry) -> tuple[Circuit, ...]:
    """Return the circuits of a group as the law sees them; one without a charger bounds nothing."""
    found = data_of_circuits(group)
    members = {
        circuit_id: frozenset(
            member
            for inner, data in found.items()
            if inner == circuit_id or circuit_id in outer_of(found, inner)
            for member in data[CONF_MEMBERS]
        )
        for circuit_id in found
    }
    return tuple(
        Circuit(
            id=circuit_id,
            limit_a=limit_of_circuit(found[circuit_id]),
            members=members[circuit_id],
            fuse_a=float(found[circuit_id][CONF_CIRCUIT_FUSE]) if is_metered(found[circuit_id]) else None,
        )
        for circuit_id in sorted(found)
        if members[circuit_id]
    )


def data_of_circuits(group: ConfigEntry) -> dict[str, Mapping[str, Any]]:
    """Return the settings of each circuit of a group."""
    return {each.subentry_id: each.data for each in group.get_subentries_of_type(SUBENTRY_CIRCUIT)}


def is_metered(data: Mapping[str, Any]) -> bool:
    """Return whether a circuit has a meter of its own."""
    return bool(data.get(CONF_METERED, False))


def limit_of_circuit(data: Mapping[str, Any]) -> float:
    """Return what the chargers of a circuit may draw together, in A per phase."""
    return max(0.0, float(data[CONF_CIRCUIT_FUSE]) - float(data[CONF_RESERVE]))


def outer_of(circuits: Mapping[str, Mapping[str, Any]], circuit_id: str) -> list[str]:
    """Return the circuits that one is behind, the nearest first; in a loop it is one of them itself."""
    found: list[str] = []
    outer = circuits[circuit_id][CONF_BEHIND]
    while outer in circuits and outer not in found:
        found.append(outer)
        outer = circuits[outer][CONF_BEHIND]
    return found
