"""The Home Assistant of the demonstration: its folder and its process."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
import json
import os
import shutil
import signal
import sys
from typing import Any

from .common import HOST, ROOT, STATE, DemoError

CONFIG = STATE / "config"
LOG = STATE / "home-assistant.log"
# The second is the integration of another make, whose charger is added by its entities.
COMPONENTS = (ROOT / "custom_components/evse_pilot", ROOT / "tests/otherbox")
START_WITHIN_S = 600
STOP_WITHIN_S = 30
# Home Assistant loads its speech functions unasked, and where there is no compiler it would try in vain, at each
# start for half a minute, to build these two. No voice assistant is used here, so a name is all they need.
STAND_INS = {"pymicro_vad": "MicroVad", "pyspeex_noise": "AudioProcessor"}
CONFIGURATION = """\
homeassistant:
  name: EVSE Pilot
  latitude: 52.3728
  longitude: 4.8936
  elevation: 0
  unit_system: metric
  time_zone: Europe/Amsterdam
  currency: EUR
  country: NL
  language: en

frontend:
config:
history:
logbook:
energy:
# Phones with the app, which may be registered.
mobile_app:
# Links of the documentation, such as that which imports a blueprint.
my:
zeroconf:
# The prices of a market, of today and, from 13:00, of tomorrow: for planned charging.
template:
  - sensor:
      - name: Electricity price
        unique_id: demo_electricity_price
        unit_of_measurement: EUR/kWh
        state: >-
            {{ [12, 11, 7, 5, 6, 13, 18, 25, 28, 24, 20, 18, 16, 17, 19, 22, 27, 33, 36, 32, 27, 22, 18, 15][now().hour] / 100 }}
        attributes:
          prices: >-
            {% set by_hour = [12, 11, 7, 5, 6, 13, 18, 25, 28, 24, 20, 18, 16, 17, 19, 22, 27, 33, 36, 32, 27, 22, 18, 15] %}
            {% set found = namespace(prices=[]) %}
            {% for hour in range(48 if now().hour >= 13 else 24) %}
            {% set start = today_at() + timedelta(hours=hour) %}
            {% set found.prices = found.prices + [{"start": start.isoformat(), "value": by_hour[hour % 24] / 100}] %}
            {% endfor %}
            {{ found.prices }}
automation: !include automations.yaml
script: !include scripts.yaml

logger:
  default: warning
  logs:
    custom_components.evse_pilot: info
    # What is missing for cameras and speech is missing here for good.
    haffmpeg: critical
    homeassistant.components.camera.img_util: critical
    homeassistant.requirements: error
"""


def prepare_config(port: int, *, keep: bool) -> None:
    """Lay out the config folder, new unless it is to be kept."""
    CONFIG.mkdir(parents=True, exist_ok=True)
    if not keep:
        for path in CONFIG.iterdir():
            if path.is_symlink() or path.is_file():
                path.unlink()
            # What Home Assistant once had to fetch is no state.
            elif path.name != "deps":
                shutil.rmtree(path)
    folder = CONFIG / "custom_components"
    # It was one link to all of them once.
    if folder.is_symlink():
        folder.unlink()
    folder.mkdir(exist_ok=True)
    for component in COMPONENTS:
        link = folder / component.name
        link.unlink(missing_ok=True)
        link.symlink_to(component)
    for name, content in (
        ("configuration.yaml", CONFIGURATION),
        ("automations.yaml", "[]\n"),
        ("scripts.yaml", "{}\n"),
        *((f"{module}.py", f"class {name}: ...\n") for module, name in STAND_INS.items()),
    ):
        if not (CONFIG / name).exists():
            (CONFIG / name).write_text(content)
    # In configuration.yaml these would be a trial, taken back by a restart unless confirmed in time.
    store("http", 1, {"server_host": [HOST], "server_port": port})
    # The other steps would also add a weather forecast, web radio and speech, which need the internet.
    if not (CONFIG / ".storage/onboarding").exists():
        store("onboarding", 4, {"done": ["core_config", "analytics", "integration"]})


def store(key: str, version: int, data: dict[str, Any]) -> None:
    """Write what Home Assistant will find in its storage."""
    folder = CONFIG / ".storage"
    folder.mkdir(exist_ok=True)
    (folder / key).write_text(
        json.dumps({"version": version, "minor_version": 1, "key": key, "data": data}, indent=2)
    )


@asynccontextmanager
async def home_assistant() -> AsyncGenerator[asyncio.subprocess.Process]:
    """Run Home Assistant while the block lasts, its output in the log."""
    with LOG.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "homeassistant", "--config", str(CONFIG), "--log-no-color"),
            *("--skip-pip-packages", ",".join(STAND_INS).replace("_", "-")),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=CONFIG,
            # The terminal's Ctrl-C is for this process, which then ends Home Assistant in good order.
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        finally:
            # What it started and left behind, such as an installation that it did not wait for.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)


async def until(condition: Callable[[], Awaitable[bool]], process: asyncio.subprocess.Process) -> None:
    """Wait until Home Assistant is as far as this."""
    try:
        async with asyncio.timeout(START_WITHIN_S):
            while not await condition():
                if process.returncode is not None:
                    raise DemoError(f"Home Assistant ended with code {process.returncode}.")
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise DemoError(f"Home Assistant did not start within {START_WITHIN_S} s.") from None
