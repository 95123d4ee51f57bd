"""What a release has, unpacked into a bare Home Assistant as the Marketplace does it."""

import json
from pathlib import Path
import shutil
import socket
import subprocess
from zipfile import ZipFile

from aiohttp import ClientSession
import pytest

from script.demo import home_assistant as demo
from script.demo.api import Api
from script.zip import SOURCE, tracked, write_zip
from tests.emulators.smartevse import SmartEvseEmulator

# Home Assistant starts, whatever else this machine does.
pytestmark = pytest.mark.timeout(180)

CONFIGURATION = """\
homeassistant:
  time_zone: Europe/Amsterdam
  country: NL
api:
onboarding:
config:
"""


def test_the_same_files_make_the_same_zip(tmp_path: Path) -> None:
    """With the tag anyone can build what was released; nothing is in it but the integration."""
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    write_zip(first)
    write_zip(second)
    assert first.read_bytes() == second.read_bytes()
    with ZipFile(first) as archive:
        names = archive.namelist()
        assert json.loads(archive.read("manifest.json"))["domain"] == SOURCE.name
    assert not [name for name in names if "__pycache__" in name or name.startswith(("/", ".."))]


def test_only_what_git_tracks_is_packed(tmp_path: Path) -> None:
    """A file that was left in the folder is in no release; without a clone nothing can be packed."""
    source = tmp_path / "evse_pilot"
    source.mkdir()
    (source / "manifest.json").write_text("{}")
    (source / "__init__.py").touch()
    with pytest.raises(SystemExit, match="a clone"):
        tracked(source)
    for arguments in (["init", "--quiet"], ["add", "manifest.json"]):
        subprocess.run(["git", *arguments], cwd=source, check=True)
    write_zip(tmp_path / "evse_pilot.zip", source)
    with ZipFile(tmp_path / "evse_pilot.zip") as archive:
        assert archive.namelist() == ["manifest.json"]
    subprocess.run(["git", "rm", "--quiet", "--cached", "manifest.json"], cwd=source, check=True)
    with pytest.raises(SystemExit, match="tracks nothing"):
        tracked(source)


async def test_a_charger_is_added_from_the_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of the zip are all that it needs to be found, added, and read."""
    for name, value in (
        ("CONFIG", tmp_path / "config"),
        ("LOG", tmp_path / "home-assistant.log"),
        ("CONFIGURATION", CONFIGURATION),
    ):
        monkeypatch.setattr(demo, name, value)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    demo.prepare_config(port, keep=False)
    shutil.rmtree(demo.CONFIG / "custom_components")
    write_zip(tmp_path / "evse_pilot.zip")
    unpacked = demo.CONFIG / "custom_components/evse_pilot"
    shutil.unpack_archive(tmp_path / "evse_pilot.zip", unpacked)
    # By this it is known that what runs is what was unpacked, and nothing of the repository.
    manifest = unpacked / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"version": "999.0"}))

    async with ClientSession() as session, SmartEvseEmulator() as box, demo.home_assistant() as process:
        api = Api(session, f"http://127.0.0.1:{port}")
        await demo.until(api.answers, process)
        await api.onboard()
        assert await api.log_in()
        await demo.until(api.is_running, process)
        flow = await api.flow({"handler": "evse_pilot"})
        flow = await api.flow({"next_step_id": "smartevse"}, flow["flow_id"])
        flow = await api.flow({"host": f"127.0.0.1:{box.port}"}, flow["flow_id"])
        assert flow["type"] == "create_entry", flow

        async def is_shown() -> bool:
            return (await api.get("/api/states/sensor.smartevse_status"))[0] == 200

        await demo.until(is_shown, process)
        shown = await api.command("manifest/get", integration="evse_pilot")
        assert shown["version"] == "999.0"
