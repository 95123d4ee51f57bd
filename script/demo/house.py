"""The house in which the chargers are: what draws besides, and what its sensors report."""

import asyncio
from contextlib import suppress

from aiohttp import ClientError

from tests.emulators.house import HouseEmulator

from .api import Api
from .common import DemoError
from .stands import CHARGERS, Stand


def house_state(house: HouseEmulator) -> dict[str, str]:
    """Pick what a passer-by would want to know of the house in which the chargers are."""
    return {
        "Main fuse": f"{FUSE_A} A",
        "Mains": ", ".join(f"{amps:.1f} A" for amps in house.mains_a),
        "Kettle": "on" if house.kettle else "off",
        "Oven": "on" if house.oven else "off",
        "Hob": "on" if house.hob else "off",
        "Garage": ", ".join(f"{amps:.1f} A" for amps in house.garage_a),
        "Garage fuse": f"{GARAGE_FUSE_A} A",
        "Welder": "on" if house.welder else "off",
        "This quarter-hour": f"{house.average_demand_w / 1000:.2f} kW",
        "Roof": f"{house.roof.power_w / 1000:.1f} kW{', clouds' if house.roof.clouds else ''}",
        "Battery": "none"
        if house.roof.battery_percent is None
        else f"{house.roof.battery_percent:.0f} %, {house.battery_w / 1000:+.1f} kW",
        "Meter": "reports every second" if house.meter_works else "unplugged",
    }


def cars_of(*titles: str) -> list[list[float]]:
    """Return what the cars at these chargers of the group draw on each phase of the mains, in A."""
    boxes = {stand.id: stand.emulator for stand in CHARGERS}
    psp = boxes["psp"]
    drawn = {
        "SmartEVSE": boxes["smartevse"].ev_currents_a,
        "Lektrico": boxes["lektrico"].currents_a,
        "PSP EVSE": [psp.drawn_a if phase < psp.phases else 0.0 for phase in range(3)],
        "V2C Trydan": [boxes["v2c"].drawn_a],
        "NRGkick": [boxes["nrgkick"].drawn_a],
    }
    cars = []
    for title in titles:
        mains = [0.0, 0.0, 0.0]
        for phase, amps in zip(GROUP_MEMBERS[title].split("-"), drawn[title], strict=True):
            mains[int(phase) - 1] = amps
        cars.append(mains)
    return cars


# Bears all chargers at their safe current, and 10 A of the house besides.
FUSE_A = 35
GROUP = "Main fuse"
# Three chargers that we reach ourselves, two that Home Assistant has already, and the phases of the mains that they are on.
GROUP_MEMBERS = {
    "SmartEVSE": "1-2-3",
    "Lektrico": "2-3-1",
    "PSP EVSE": "3-1-2",
    "V2C Trydan": "1",
    "NRGkick": "2",
}
# A sub-board with a meter of its own, as in docs/circuits.md: one car there has the 16 A of its charger, two have
# about 12 A each, and 7 A each while the welder runs.
GARAGE, GARAGE_FUSE_A = "Garage", 25
GARAGE_MEMBERS = ("SmartEVSE", "Lektrico")
HOUSE_MEMBERS = tuple(title for title in GROUP_MEMBERS if title not in GARAGE_MEMBERS)
HOUSE = Stand(
    "house",
    "",
    HouseEmulator(lambda: cars_of(*HOUSE_MEMBERS), lambda: cars_of(*GARAGE_MEMBERS)),
    GROUP,
    house_state,
)
SHOWN = (*CHARGERS, HOUSE)
BATTERY_POWER, BATTERY_CHARGE = "sensor.house_battery_power", "sensor.house_battery_charge"
METER_SENSORS = tuple(f"sensor.house_current_l{phase}" for phase in (1, 2, 3))
GARAGE_SENSORS = tuple(f"sensor.garage_current_l{phase}" for phase in (1, 2, 3))
AVERAGE_DEMAND = "sensor.house_average_demand"


async def report_once(api: Api) -> None:
    """Let the meters and the battery of the house report to the sensors that integrations of theirs would bring."""
    house = HOUSE.emulator
    for phase, (sensor, amps) in enumerate(zip(METER_SENSORS, house.metered_a or (), strict=False), 1):
        await report_sensor(api, sensor, f"House current L{phase}", amps, "A", "current")
    for phase, (sensor, amps) in enumerate(zip(GARAGE_SENSORS, house.garage_metered_a, strict=True), 1):
        await report_sensor(api, sensor, f"Garage current L{phase}", amps, "A", "current")
    demand_kw = round(house.average_demand_w / 1000, 3)
    await report_sensor(api, AVERAGE_DEMAND, "House average demand", demand_kw, "kW", "power")
    percent = house.roof.battery_percent
    # Without a battery its sensors are at 0 W and full: it takes nothing of the sun.
    await report_sensor(api, BATTERY_POWER, "House battery power", round(house.battery_w), "W", "power")
    charge = 100 if percent is None else round(percent)
    await report_sensor(api, BATTERY_CHARGE, "House battery charge", charge, "%", "battery")


async def report_sensor(api: Api, sensor: str, name: str, value: float, unit: str, device_class: str) -> None:
    """Report one value."""
    attributes = {
        "friendly_name": name,
        "unit_of_measurement": unit,
        "device_class": device_class,
        "state_class": "measurement",
    }
    status, _ = await api.post(f"/api/states/{sensor}", {"state": str(value), "attributes": attributes})
    # A token lasts for half an hour.
    if status == 401 and not await api.log_in():
        raise DemoError("The user demo has another password now, so the meter of the house is silent.")


async def report_mains(api: Api) -> None:
    """Let the meter of the house report every second, whether or not Home Assistant is running."""
    with suppress(DemoError):
        await api.log_in()
        while True:
            # Home Assistant may be restarting.
            with suppress(ClientError, TimeoutError, KeyError, TypeError):
                await report_once(api)
            await asyncio.sleep(1)
