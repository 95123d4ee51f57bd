"""The chargers on show: of each its kind, its place, and what its page shows."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tests.emulators.base import Emulator
from tests.emulators.evnex import STATES, EvnexEmulator
from tests.emulators.lektrico import LektricoEmulator, LektricoMeterEmulator
from tests.emulators.nrgkick import NrgkickEmulator
from tests.emulators.otherbox import OtherboxEmulator
from tests.emulators.psp import REMOTE, PspEmulator
from tests.emulators.smartevse import SmartEvseEmulator
from tests.emulators.v2c import V2cEmulator

from .common import HOST


@dataclass(frozen=True)
class Stand[E: Emulator]:
    """One charger on show: its key in the config flow, its place, what its page shows.

    `service` returns its name in mDNS, if it announces itself; `by_hand` returns what a person fills into one form after
    the other to add the charger at an address. The id of one of `OTHERS` is its own integration, which gets that.
    """

    id: str
    vendor: str
    emulator: E
    area: str
    state: Callable[[E], dict[str, str]]
    service: Callable[[E], str] | None = None
    by_hand: Callable[[str], tuple[dict[str, Any], ...]] = lambda address: ({"host": address},)

    @property
    def name(self) -> str | None:
        """Return its name in mDNS; None: it does not announce itself."""
        return None if self.service is None else self.service(self.emulator)

    @property
    def address(self) -> str:
        """Return where it answers."""
        return f"{HOST}:{self.emulator.port}"


def smartevse_state(box: SmartEvseEmulator) -> dict[str, str]:
    """Pick what a passer-by would want to know."""
    settings = box.settings()
    drawn = settings["ev_meter"]["currents"]
    return {
        "State": settings["evse"]["state"],
        "Mode": settings["mode"].lower(),
        "Offered": f"{settings['settings']['charge_current'] / 10:g} A",
        "Drawn": ", ".join(f"{drawn[phase] / 10:g} A" for phase in ("L1", "L2", "L3")),
        "Error": settings["evse"]["error"],
    }


def lektrico_state(box: LektricoEmulator) -> dict[str, str]:
    """Pick what a passer-by would want to know of a charger."""
    return {
        "State": box.state,
        "Allowed": f"{box.allows_a} A",
        "Drawn": ", ".join(f"{amps:g} A" for amps in box.currents_a),
        "Locked": "yes" if box.keys["charger_locked"].value else "no",
        "Errors": ", ".join(sorted(box.errors)) or "none",
    }


def lektrico_meter_state(box: LektricoMeterEmulator) -> dict[str, str]:
    """Pick what a passer-by would want to know of an energy meter."""
    measured = box.meter_info()
    return {
        "Drawn": ", ".join(f"{amps:g} A" for amps in measured["current"]),
        "Power": f"{sum(measured['active_p']):g} W",
        "Load balancing": f"mode {box.keys['load_balancing_mode'].value}",
    }


def psp_state(box: PspEmulator) -> dict[str, str]:
    """Pick what a passer-by would want to know."""
    states = {1: "No car", 4: "Connected to EV", 5: "Charging"}
    return {
        "State": states.get(box.state, f"Fault {box.state}"),
        "Session": "boosted" if box.boosted else "started" if box.started else "stopped",
        "Offered": f"{box.offered_a:g} A",
        "Drawn": ", ".join(f"{box.drawn_a if phase < box.phases else 0:g} A" for phase in range(3)),
        "Control meter": "remote control" if box.settings["Meter2Type"] == REMOTE else "its own",
    }


def evnex_state(cloud: EvnexEmulator) -> dict[str, str]:
    """Pick what a passer-by would want to know."""
    aci = cloud.aci
    return {
        "State": STATES[aci.state] if aci.connected else "offline",
        "Mode": ("disabled", "enabled", "timer", "OCPP")[aci.mode],
        "Limit": f"{aci.current:g} A",
        "Drawn": f"{aci.drawn_a:g} A",
        "Listeners": str(len(cloud.subscribers)),
    }


def otherbox_state(box: OtherboxEmulator) -> dict[str, str]:
    """Pick what a passer-by would want to know."""
    return {
        "State": box.state,
        "Limit": f"{box.limit_a:g} A",
        "Allowed": "yes" if box.allowed else "no",
        "Drawn": f"{box.drawn_a:g} A on {'1 phase' if box.phases == 1 else f'{box.phases} phases'}",
    }


def otherbox_by_hand(address: str) -> tuple[dict[str, Any], ...]:
    """Fill in the form of its own integration."""
    host, _, port = address.partition(":")
    return ({"host": host, "port": int(port)},)


def evnex_by_hand(address: str) -> tuple[dict[str, Any], ...]:
    """Log in to the cloud at this address, and choose its charger."""
    return (
        {"next_step_id": "account_login"},
        {"url": f"http://{address}", "username": EVNEX_CLOUD.username, "password": EVNEX_CLOUD.password},
        {"serial": EVNEX_CLOUD.serial, "circuit_current": 32},
    )


EVNEX_CLOUD = EvnexEmulator()
# The next vendor is one more line; an area of its own gives it a card of its own on the dashboard.
STANDS: tuple[Stand[Any], ...] = (
    Stand(
        "smartevse",
        "smartevse",
        SmartEvseEmulator(serial=12345),
        "Garage",
        smartevse_state,
        service=lambda box: f"SmartEVSE-{box.serial}",
    ),
    Stand(
        "lektrico",
        "lektrico",
        LektricoEmulator("3p22k", "2.0"),
        "Carport",
        lektrico_state,
        service=lambda box: f"Lektrico-3p22k-{box.serial}",
    ),
    Stand(
        "lektrico_em",
        "lektrico",
        LektricoMeterEmulator(),
        "Meter cupboard",
        lektrico_meter_state,
        service=lambda meter: f"Lektrico-m2w-{meter.serial}",
    ),
    Stand("psp", "psp", PspEmulator(), "Courtyard", psp_state),
    Stand("evnex", "evnex", EVNEX_CLOUD, "Driveway", evnex_state, by_hand=evnex_by_hand),
)
# Home Assistant has them already, by integrations of their own: one that only the demonstration has, and two that are
# part of it. Those two have one phase each, so that the main fuse bears all cars at their safe current.
OTHERS: tuple[Stand[Any], ...] = (
    Stand("otherbox", "existing", OtherboxEmulator(), "Workshop", otherbox_state, by_hand=otherbox_by_hand),
    Stand("v2c", "existing", V2cEmulator(phases=1), "Garden gate", otherbox_state),
    Stand("nrgkick", "existing", NrgkickEmulator(phases=1), "Guest parking", otherbox_state),
)
CHARGERS = (*STANDS, *OTHERS)


async def start_charger(stand: Stand[Any], port: int, taken: int) -> None:
    """Let the charger listen on this port, or on another where that is not free."""
    with suppress(OSError):
        if port != taken:
            await stand.emulator.start(port)
            return
    await stand.emulator.start()
