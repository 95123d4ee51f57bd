"""Home Assistant's own API, as its web pages use it."""

from contextlib import suppress
import json
from typing import Any

from aiohttp import ClientError, ClientSession

from .common import DemoError

USER = {"name": "Demo", "username": "demo", "password": "demo"}


class Api:
    """Home Assistant's own API, as its web pages use it."""

    def __init__(self, session: ClientSession, url: str) -> None:
        """Talk to the Home Assistant at this address."""
        self._session = session
        self._url = url
        self._client_id = f"{url}/"
        self._token = ""

    async def get(self, path: str) -> tuple[int, Any]:
        """Return the status and the answer."""
        return await self._request("GET", path)

    async def post(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Return the status and the answer."""
        return await self._request("POST", path, json=body)

    async def _request(self, method: str, path: str, **body: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        async with self._session.request(method, self._url + path, headers=headers, **body) as response:
            text = await response.text()
            with suppress(ValueError):
                return response.status, json.loads(text)
            return response.status, text

    async def command(self, command: str, **parameters: Any) -> Any:
        """Send one command over the websocket and return its result."""
        async with self._session.ws_connect(f"{self._url}/api/websocket") as socket_:
            await socket_.receive_json()
            await socket_.send_json({"type": "auth", "access_token": self._token})
            await socket_.receive_json()
            await socket_.send_json({"id": 1, "type": command} | parameters)
            answer = await socket_.receive_json()
        if not answer.get("success"):
            raise DemoError(f"Home Assistant refused {command}: {answer}")
        return answer["result"]

    async def answers(self) -> bool:
        """Return whether it serves its web pages yet."""
        with suppress(ClientError, TimeoutError):
            return (await self.get("/manifest.json"))[0] == 200
        return False

    async def is_running(self) -> bool:
        """Return whether it has finished starting."""
        _, state = await self.get("/api/core/state")
        return isinstance(state, dict) and state.get("state") == "RUNNING"

    async def onboard(self) -> bool:
        """Create the user unless there is one; return whether it is new."""
        status, steps = await self.get("/api/onboarding")
        if status == 404 or any(step == {"step": "user", "done": True} for step in steps):
            return False
        status, answer = await self.post(
            "/api/onboarding/users", USER | {"client_id": self._client_id, "language": "en"}
        )
        if status != 200:
            raise DemoError(f"Home Assistant did not create the user: {answer}")
        return True

    async def log_in(self) -> bool:
        """Log in; return whether user name and password are still the demonstration's."""
        client = {"client_id": self._client_id}
        start = client | {"handler": ["homeassistant", None], "redirect_uri": self._client_id}
        _, flow = await self.post("/auth/login_flow", start)
        names = {key: USER[key] for key in ("username", "password")}
        _, flow = await self.post(f"/auth/login_flow/{flow['flow_id']}", client | names)
        if flow.get("type") != "create_entry":
            return False
        grant = client | {"grant_type": "authorization_code", "code": flow["result"]}
        _, token = await self._request("POST", "/auth/token", data=grant)
        self._token = token["access_token"]
        return True

    async def flow(self, answer: dict[str, Any], flow_id: str = "") -> dict[str, Any]:
        """Start a config flow, or answer its question; return its next step."""
        _, result = await self.post(f"/api/config/config_entries/flow/{flow_id}".rstrip("/"), answer)
        return result if isinstance(result, dict) else {"message": result}
