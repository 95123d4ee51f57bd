"""The emulated cloud keeps to what is known of the real one, down to its oddities."""

from collections.abc import AsyncGenerator
import json
from typing import Any

from aiohttp import ClientSession, encode_basic_auth
import pytest

from tests.emulators.evnex import FAULTS, STATES, EvnexEmulator

LOGIN = {"grant_type": "password", "username": "ev@example.com", "password": "correct horse"}
CLIENT = {"client_id": "particle-api", "client_secret": "particle-api"}


@pytest.fixture
async def cloud() -> AsyncGenerator[EvnexEmulator]:
    """Return a cloud, listening."""
    async with EvnexEmulator() as cloud:
        yield cloud


@pytest.fixture
async def session(cloud: EvnexEmulator) -> AsyncGenerator[ClientSession]:
    """Return a client of it."""
    async with ClientSession(f"http://{cloud.host}:{cloud.port}") as session:
        yield session


async def ask(session: ClientSession, method: str, path: str, **how: Any) -> tuple[int, Any]:
    """Return status and answer."""
    async with session.request(method, path, **how) as response:
        return response.status, json.loads(await response.read())


async def test_log_in_takes_a_form_and_a_client(session: ClientSession, cloud: EvnexEmulator) -> None:
    """The client may be in the form or in a header; JSON is refused, and so is anybody else."""
    status, answer = await ask(session, "POST", "/oauth/token", data=LOGIN | CLIENT)
    assert status == 200
    assert answer["token_type"] == "bearer"
    assert answer["expires_in"] == 7_776_000
    client = {"Authorization": encode_basic_auth("particle", "particle")}
    assert (await ask(session, "POST", "/oauth/token", data=LOGIN, headers=client))[0] == 200
    stranger = {"Authorization": encode_basic_auth("me", "me")}
    for refused, how in (
        ("invalid_request", {"json": LOGIN | CLIENT}),
        ("invalid_request", {"data": CLIENT}),
        ("invalid_client", {"data": LOGIN}),
        ("invalid_client", {"data": LOGIN, "headers": stranger}),
        ("invalid_client", {"data": LOGIN, "headers": {"Authorization": "Basic %%%"}}),
        ("unsupported_grant_type", {"data": CLIENT | {"grant_type": "wish"}}),
        ("invalid_grant", {"data": LOGIN | CLIENT | {"password": "x"}}),
        ("invalid_grant", {"data": CLIENT | {"grant_type": "refresh_token", "refresh_token": "x"}}),
    ):
        status, answer = await ask(session, "POST", "/oauth/token", **how)
        assert (status, answer["error"]) == (400, refused)


async def test_exactly_one_way_to_show_the_token(session: ClientSession, cloud: EvnexEmulator) -> None:
    """A token may be in the header, the address or the form, in one of them only."""
    token = cloud.token()
    header = {"Authorization": f"Bearer {token}"}
    path = f"/v1/devices/{cloud.serial}/setConfig"
    assert (await ask(session, "GET", "/v1/devices", headers=header))[0] == 200
    assert (await ask(session, "GET", f"/v1/devices?access_token={token}"))[0] == 200
    form = {"arg": "MODE,1", "access_token": token}
    assert (await ask(session, "POST", path, data=form))[0] == 200
    status, answer = await ask(session, "POST", path, data=form, headers=header)
    assert status == 400
    assert "Only one method" in answer["error_description"]
    assert (await ask(session, "GET", "/v1/devices"))[0] == 400
    assert (await ask(session, "GET", "/v1/devices?access_token=x"))[0] == 401


async def test_function(session: ClientSession, cloud: EvnexEmulator) -> None:
    """The argument may have any name and come as a form or as JSON, but there is one."""
    how: dict[str, Any] = {"headers": {"Authorization": f"Bearer {cloud.token()}"}}
    path = f"/v1/devices/{cloud.serial}/setConfig"
    for argument in (
        {"data": {"arg": "CURRENT,9"}},
        {"data": {"args": "CURRENT,9"}},
        {"json": {"args": "CURRENT,9"}},
    ):
        status, answer = await ask(session, "POST", path, **how, **argument)
        assert (status, answer["return_value"]) == (200, 1)
    for nothing in ({}, {"data": {"a": "1", "b": "2"}}, {"json": [1]}, {"data": b"{", "json": None}):
        assert (await ask(session, "POST", path, **how, **nothing))[0] == 400
    for odd in ("CURRENT", "CURRENT,x", "MODE,4", "MAXCURRENT,81", "COLOUR,1"):
        assert (await ask(session, "POST", path, **how, data={"arg": odd}))[1]["return_value"] == -1
    # Outside of the hard limit it is clipped without a word.
    for amps, becomes in ((80, 32), (1, 6)):
        await ask(session, "POST", path, **how, data={"arg": f"CURRENT,{amps}"})
        assert cloud.aci.current == becomes
    assert (await ask(session, "GET", "/v1/nothing", **how))[0] == 404


async def test_stream_of_the_whole_account(session: ClientSession) -> None:
    """One stream has the events of all devices, those that begin with what was asked for."""
    async with (
        EvnexEmulator(chargers=2) as cloud,
        ClientSession(f"http://{cloud.host}:{cloud.port}") as client,
    ):
        how = {"Authorization": f"Bearer {cloud.token()}"}
        async with client.get("/v1/devices/events/ACI", headers=how) as response:
            assert response.content_type == "text/event-stream"
            assert await response.content.readuntil(b"\n\n") == b":ok\n\n"
            cloud.send_event("spark/status", "online")
            cloud.advance(3)
            for serial in cloud.devices:
                event = (await response.content.readuntil(b"\n\n")).decode().splitlines()
                assert event[0] == "event: ACIData"
                body = json.loads(event[1].removeprefix("data: "))
                assert (body["ttl"], body["coreid"]) == ("60", serial)
                assert set(json.loads(body["data"])) == {
                    *("GPI", "IPAddr", "ISET", "PWR", "RAM", "RSSI", "STATE", "TEMP")
                }
            # A sign of life after 9 s of silence.
            cloud.silence_streams()
            cloud.advance(9)
            assert await response.content.readany() == b"\n"


async def test_no_stream_of_an_unknown_device(session: ClientSession, cloud: EvnexEmulator) -> None:
    """A device that the account does not have sends nothing."""
    how = {"Authorization": f"Bearer {cloud.token()}"}
    assert (await ask(session, "GET", "/v1/devices/f00/events/ACIData", headers=how))[0] == 404


def test_states() -> None:
    """Each button leads to the state of its name."""
    cloud = EvnexEmulator()

    def state() -> str:
        return STATES[cloud.aci.state]

    assert state() == "Vehicle Disconnected"
    cloud.press("plug_in")
    assert state() == "Charging"
    cloud.press("draw", "0")
    assert state() == "Vehicle Connected"
    cloud.press("turn_mode", "2")
    assert state() == "Sleeping"
    cloud.aci.timer_is_on = True
    assert state() == "Vehicle Connected"
    cloud.press("turn_mode", "0")
    assert state() == "Disabled"
    for number in FAULTS:
        cloud.press("fail", str(number))
        assert cloud.aci.state == number
    cloud.press("clear")
    cloud.press("turn_mode", "1")
    cloud.press("draw")
    cloud.advance(3600)
    assert cloud.aci.energy_wh == pytest.approx(3680)
    for button, value in (("fail", "6"), ("turn_mode", "4"), ("explode", None)):
        with pytest.raises(ValueError):
            cloud.press(button, value)
    for button in cloud.buttons:
        assert callable(getattr(cloud, button))
