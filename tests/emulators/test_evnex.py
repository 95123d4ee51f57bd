"""The emulated cloud keeps to what is known of the real one, down to its oddities."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
import json
from typing import Any

from aiohttp import ClientSession, encode_basic_auth
import pytest

from tests.emulators.evnex import FAULTS, LIMITS, STATES, EvnexEmulator

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
        ("invalid_client", {"data": LOGIN | CLIENT | {"password": ""}}),
        ("invalid_request", {"data": CLIENT | {"grant_type": "wish"}}),
        ("invalid_request", {"data": CLIENT | {"grant_type": "urn:custom:mfa-otp", "otp": "123456"}}),
        ("invalid_grant", {"data": LOGIN | CLIENT | {"password": "x"}}),
        ("invalid_grant", {"data": CLIENT | {"grant_type": "refresh_token", "refresh_token": "x"}}),
    ):
        status, answer = await ask(session, "POST", "/oauth/token", **how)
        assert (status, answer["error"]) == (400, refused)


@pytest.mark.parametrize(
    ("wish", "lasts_s"),
    [
        ({"expires_in": "3600"}, 3600),
        ({"expires_in": "0"}, 0),
        ({"expires_at": "2033-05-18T04:33:20Z"}, 3600),
        ({"expires_in": "soon", "expires_at": "later"}, 7_776_000),
    ],
)
async def test_p3_a_log_in_chooses_how_long_its_token_lasts(wish: dict[str, str], lasts_s: int) -> None:
    """A token lasts as long as the log-in asked for; one that never ends has no refresh token."""
    now = 2_000_000_000.0
    async with (
        EvnexEmulator(clock=lambda: now) as cloud,
        ClientSession(f"http://{cloud.host}:{cloud.port}") as client,
    ):
        status, answer = await ask(client, "POST", "/oauth/token", data=LOGIN | CLIENT | wish)
        assert (status, answer["expires_in"]) == (200, lasts_s)
        assert ("refresh_token" in answer) == (lasts_s > 0)
        how = {"Authorization": f"Bearer {answer['access_token']}"}
        now += (lasts_s or 1e9) - 1
        assert (await ask(client, "GET", "/v1/devices", headers=how))[0] == 200
        now += 1
        wanted = 401 if lasts_s else 200
        assert (await ask(client, "GET", "/v1/devices", headers=how))[0] == wanted


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
    for malformed in ("Bearer", "Bearer ", encode_basic_auth("particle", "particle")):
        status, answer = await ask(session, "GET", "/v1/devices", headers={"Authorization": malformed})
        assert (status, answer["error"]) == (400, "invalid_request")
    status, answer = await ask(session, "POST", path, json=form)
    assert (status, answer["error"]) == (400, "invalid_request")


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


async def test_the_rest_of_the_interface(session: ClientSession, cloud: EvnexEmulator) -> None:
    """Publishing, renaming, variables, and the tokens of the account are there, for other programs."""
    how: dict[str, Any] = {"headers": {"Authorization": f"Bearer {cloud.token()}"}}
    device = f"/v1/devices/{cloud.serial}"
    async with session.get("/v1/events/oven", **how) as response:
        await response.content.readuntil(b":ok\n\n")
        published = await ask(
            session, "POST", "/v1/devices/events", data={"name": "oven", "data": "on"}, **how
        )
        assert published == (200, {"ok": True})
        assert await response.content.readline() == b"event: oven\n"
    assert (await ask(session, "GET", f"{device}/volts", **how))[1]["error"] == "Variable not found"
    assert (await ask(session, "PUT", device, data={"name": "hall"}, **how))[1]["name"] == "hall"
    assert (await ask(session, "GET", device, **how))[1]["name"] == "hall"
    owner = {"headers": {"Authorization": encode_basic_auth("ev@example.com", "correct horse")}}
    assert (await ask(session, "GET", "/v1/access_tokens", **how))[0] == 401
    [token] = (await ask(session, "GET", "/v1/access_tokens", **owner))[1]
    assert token["client"] == "particle"
    assert await ask(session, "DELETE", f"/v1/access_tokens/{token['token']}", **owner) == (200, {"ok": True})
    assert (await ask(session, "GET", device, **how))[0] == 401


@pytest.mark.parametrize("path", ["events", "DEVICE/events", "events/", "DEVICE/events/spark%2Fstatus"])
async def test_p3_a_stream_without_a_name(session: ClientSession, cloud: EvnexEmulator, path: str) -> None:
    """A stream without a name has all events, and a name may hold a slash."""
    how = {"Authorization": f"Bearer {cloud.token()}"}
    path = f"/v1/devices/{path.replace('DEVICE', cloud.serial)}"
    async with session.get(path, headers=how) as response:
        assert response.content_type == "text/event-stream"
        assert await response.content.readuntil(b"\n\n") == b":ok\n\n"
        cloud.send_event("ACIData", "1")
        cloud.send_event("spark/status", "online")
        names = [
            (await response.content.readuntil(b"\n\n")).splitlines()[0] for _ in range(2 - ("%" in path))
        ]
        assert names[-1] == b"event: spark/status"


async def test_no_stream_of_an_unknown_device(session: ClientSession, cloud: EvnexEmulator) -> None:
    """A device that the account does not have sends nothing; a local server opens the stream all the same."""
    how = {"Authorization": f"Bearer {cloud.token()}"}
    assert (await ask(session, "GET", "/v1/devices/f00/events/ACIData", headers=how))[0] == 403
    cloud.local = True
    async with session.get("/v1/devices/f00/events/ACIData", headers=how) as response:
        assert (response.status, response.content_type) == (200, "text/event-stream")


@pytest.mark.parametrize(
    ("local", "refusals"),
    [
        (
            False,
            {
                "wrong password": (400, "invalid_grant"),
                "unknown": (403, "Permission Denied"),
                "foreign": (403, "Permission Denied"),
                "timed out": (408, "Timed out."),
                "no function": (400, "The device has no such function."),
                "offline": (404, "Device is not connected."),
            },
        ),
        (
            True,
            {
                "wrong password": (503, "server_error"),
                "unknown": (404, "No device found"),
                "foreign": (403, "User doesn't have access"),
                "timed out": (400, "Response timeout for event: CALL_DEVICE_FUNCTION"),
                "no function": (404, "Function not found"),
                "offline": (400, "Could not get device for ID"),
            },
        ),
    ],
)
async def test_p2_the_words_of_a_refusal(local: bool, refusals: dict[str, tuple[int, str]]) -> None:
    """The cloud and a server that people run in its place refuse the same things with other statuses."""
    async with (
        EvnexEmulator(chargers=2, local=local) as cloud,
        ClientSession(f"http://{cloud.host}:{cloud.port}") as client,
    ):
        how = {"Authorization": f"Bearer {cloud.token()}"}
        first, second = cloud.devices
        cloud.foreign = {second}
        seen = {
            "wrong password": await ask(
                client, "POST", "/oauth/token", data=LOGIN | CLIENT | {"password": "x"}
            )
        }
        seen["unknown"] = await ask(client, "GET", "/v1/devices/f00", headers=how)
        seen["foreign"] = await ask(client, "GET", f"/v1/devices/{second}", headers=how)

        async def call(function: str) -> tuple[int, Any]:
            return await ask(
                client, "POST", f"/v1/devices/{first}/{function}", headers=how, data={"arg": "MODE,1"}
            )

        cloud.time_out_calls()
        seen["timed out"] = await call("setConfig")
        seen["no function"] = await call("explode")
        cloud.go_offline()
        seen["offline"] = await call("setConfig")
        assert {why: (status, answer["error"]) for why, (status, answer) in seen.items()} == refusals


async def test_p1_an_account_that_is_not_allowed(session: ClientSession, cloud: EvnexEmulator) -> None:
    """The cloud may refuse an account in everything, with a status of its own, and accept it again."""
    how: dict[str, Any] = {"headers": {"Authorization": f"Bearer {cloud.token()}"}}
    cloud.press("refuse_account")
    device = f"/v1/devices/{cloud.serial}"
    for method, path, more in (
        ("GET", "/v1/devices", how),
        ("GET", device, how),
        ("GET", f"{device}/events/ACIData", how),
        ("POST", f"{device}/setConfig", how | {"data": {"arg": "MODE,1"}}),
        ("POST", "/oauth/token", {"data": LOGIN | CLIENT}),
    ):
        assert await ask(session, method, path, **more) == (400, {"error": "unauthorized"})
    cloud.press("accept_account")
    assert (await ask(session, "GET", device, **how))[0] == 200


async def test_an_event_when_a_charger_comes_and_goes(session: ClientSession, cloud: EvnexEmulator) -> None:
    """Each has an event of the cloud's own, which has another name than those of the charger."""
    how = {"Authorization": f"Bearer {cloud.token()}"}
    async with session.get(f"/v1/devices/{cloud.serial}/events/spark", headers=how) as response:
        await response.content.readuntil(b"\n\n")
        for button, data in (("go_offline", "offline"), ("come_back", "online")):
            cloud.press(button)
            event = await response.content.readuntil(b"\n\n")
            name, _, body = event.decode().partition("\n")
            assert (name, json.loads(body.removeprefix("data: "))["data"]) == ("event: spark/status", data)


@pytest.mark.parametrize("local", [False, True])
@pytest.mark.parametrize(
    ("kind", "refused"), [("log-ins", 429), ("streams", 529), ("requests", 429), ("at once", 529)]
)
async def test_the_limits_of_the_cloud(
    monkeypatch: pytest.MonkeyPatch, kind: str, refused: int, local: bool
) -> None:
    """More than so many in five minutes, or streams at once, are refused; a server in place of the cloud has no limits."""
    monkeypatch.setitem(LIMITS, kind, 5)
    monkeypatch.setattr("tests.emulators.evnex.STREAMS_AT_ONCE", 5 if kind == "at once" else 100)
    now = 2_000_000_000.0
    async with (
        EvnexEmulator(local=local, clock=lambda: now) as cloud,
        ClientSession(f"http://{cloud.host}:{cloud.port}") as client,
        AsyncExitStack() as streams,
    ):
        headers = {"Authorization": f"Bearer {cloud.token()}"}

        async def status() -> int:
            if kind == "log-ins":
                return (await ask(client, "POST", "/oauth/token", data=LOGIN | CLIENT))[0]
            if kind == "requests":
                return (await ask(client, "GET", "/v1/devices", headers=headers))[0]
            request = client.get("/v1/devices/events/ACIData", headers=headers)
            if kind == "at once":
                return (await streams.enter_async_context(request)).status
            async with request as response:
                return response.status

        assert [await status() for _ in range(5)] == [200] * 5
        assert await status() == (200 if local else refused)
        now += 300
        # Those that are still open are not forgotten.
        assert await status() == (529 if kind == "at once" and not local else 200)


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
