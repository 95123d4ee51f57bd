"""Published answers of the cloud, where they are at hand: they are not part of this repository."""

from dataclasses import fields
import json
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
from chargers.account import ChargerCodeRequiredError, ChargerLoginError
from chargers.errors import ChargerAuthError, ChargerNoReplyError, ChargerRefusedError
from chargers.evnex.client import ParticleCloud
from chargers.evnex.models import UNKNOWN, Stage, device_from_wire, event_from_wire, report, return_value
from chargers.sse import Event, EventParser
import pytest

from tests.chargers.bare import BareServer, reply

FOLDER = Path(__file__).parents[4] / "shared" / "protocols" / "evnex" / "samples"
if not FOLDER.is_dir():
    pytest.skip("the published answers are not at hand", allow_module_level=True)


def raw(name: str) -> bytes:
    """Return a sample as it is."""
    return (FOLDER / name).read_bytes()


def sample(name: str) -> Any:
    """Return a sample of JSON."""
    return json.loads(raw(name))


@pytest.fixture
def cloud(session: ClientSession, bare: BareServer) -> ParticleCloud:
    """Return a client of a cloud that sends given answers."""
    return ParticleCloud(session, f"http://{bare.host}:{bare.port}", "token")


def test_list_of_devices() -> None:
    """One is connected, and what it can do is not known yet."""
    devices = [device_from_wire(item) for item in sample("01_particle_list_devices_2015.json")]
    assert [(device.name, device.connected) for device in devices] == [
        ("plumber_laser", False),
        ("particle_love", True),
    ]
    assert [device.functions for device in devices] == [None, None]


@pytest.mark.parametrize(
    ("name", "renewable"),
    [("02_particle_oauth_token_ok_2015.json", False), ("03_particle_oauth_token_ok_now.json", True)],
)
async def test_tokens(cloud: ParticleCloud, bare: BareServer, name: str, renewable: bool) -> None:
    """A token of then has nothing to renew it with, one of now has."""
    bare.answers = [reply(raw(name))]
    token = await cloud.log_in("user", "password")
    assert token.access == sample(name)["access_token"]
    assert (token.refresh is not None) is renewable
    assert token.expires_at is not None


async def test_refusals(cloud: ParticleCloud, bare: BareServer) -> None:
    """Each published refusal is understood."""
    bare.answers = [reply(raw("04_particle_oauth_mfa_required_403.json"), 403)]
    with pytest.raises(ChargerCodeRequiredError) as needed:
        await cloud.log_in("user", "password")
    assert needed.value.challenge == "00000000-0000-0000-0000-000000000000"
    bare.answers = [reply(raw("05_particle_oauth_invalid_grant_400.json"), 400)]
    with pytest.raises(ChargerLoginError):
        await cloud.log_in("user", "password")
    for name in ("06_particle_invalid_token_401.json", "07_particle_expired_token_401.json"):
        bare.answers = [reply(raw(name), 401)]
        with pytest.raises(ChargerAuthError):
            await cloud.devices()
    bare.answers = [reply(raw("12_particle_function_not_found_404.json"), 404)]
    with pytest.raises(ChargerRefusedError) as missing:
        await cloud.call("f00", "setConfig", "MODE,0")
    assert missing.value.reason == "function_missing"
    bare.answers = [reply(raw("13_particle_timeout_408.json"), 408)]
    with pytest.raises(ChargerNoReplyError):
        await cloud.call("f00", "setConfig", "MODE,0")


def test_function_result() -> None:
    """What a function returned is a number."""
    assert return_value(sample("10_particle_function_result.json")) == 42


def test_stream() -> None:
    """The layout of a stream, byte by byte, has two events of the cloud's own and none of a charger."""
    parser = EventParser()
    stream = raw("20_sse_stream_frame.txt")
    events = [event for index in range(len(stream)) for event in parser.feed(stream[index : index + 1])]
    assert [event.type for event in events] == ["spark/status", "spark/status"]
    assert all(isinstance(event, Event) for event in events)
    coreid = json.loads(events[0].data)["coreid"]
    assert [event_from_wire(event.data, coreid, 16) for event in events] == [None, None]
    reports = [report(event.data) for event in events]
    assert coreid not in str(reports)


def test_keys_and_states() -> None:
    """Each key of the event is read, and each state but the undefined one has a word."""
    keys = sample("22_acidata_keys.json")
    inner = {key: "192.0.2.44" if key == "IPAddr" else 8 for key in keys}
    event = event_from_wire(json.dumps({"data": json.dumps(inner)}), "f00", 16)
    assert event is not None
    read = [each.name for each in fields(UNKNOWN) if each.metadata]
    assert len(read) == len(keys)
    assert [name for name in read if getattr(event.state, name) is None] == []
    states = sample("23_aci_state_table.json")
    assert len(Stage) == len(states) - 1
