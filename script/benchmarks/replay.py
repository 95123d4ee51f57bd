"""Answers that are replayed without a network, so that only what we do with them is measured."""

from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from unittest.mock import patch

from aiohttp import ClientResponse, ClientSession
from yarl import URL


@dataclass(slots=True, kw_only=True)
class _Answer:
    """What our clients use of a response and of its content."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> _Answer:
        return self

    @property
    def total_bytes(self) -> int:
        return len(self.body)

    async def iter_any(self) -> AsyncGenerator[bytes]:
        yield self.body

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """There is no connection to give back."""


@contextmanager
def replayed() -> Generator[None]:
    """Send each GET once while the block lasts, and from then on repeat its answer."""
    request = vars(ClientSession)["_request"]
    answers: dict[URL, _Answer] = {}

    async def repeat(session: ClientSession, method: str, url: URL, **options: Any) -> _Answer:
        assert method == "GET"
        if (answer := answers.get(url)) is None:
            response: ClientResponse = await request(session, method, url, **options)
            answer = answers[url] = _Answer(status=response.status, body=await response.read())
        return answer

    with patch.object(ClientSession, "_request", repeat):
        yield
