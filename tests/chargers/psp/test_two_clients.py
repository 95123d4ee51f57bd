"""Several clients on one charger: toggles that cross each other on the wire, in every order, and with lost replies.

The order is not left to chance: each request waits in the charger until the test lets it through.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from enum import Enum, auto
from typing import Any, override

from aiohttp import ClientSession, TCPConnector
from chargers.errors import ChargerError, ChargerRefusedError
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from tests.chargers.psp.client import client
from tests.emulators.base import Request, Response
from tests.emulators.psp import PspEmulator

CLIENTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3")


class Fate(Enum):
    """What becomes of a request."""

    ANSWERED = auto()
    LOST = auto()  # before the charger has seen it
    UNREAD = auto()  # carried out, but the reply does not arrive


class Gate(PspEmulator):
    """A charger in which each request waits for its turn."""

    def __init__(self) -> None:
        """Have a car, and no request waiting."""
        super().__init__()
        self.plug_in()
        self.waiting: dict[str, asyncio.Future[Fate]] = {}
        self.last_served = ""

    @override
    async def answer(self, request: Request) -> Response | None:
        self.waiting[request.peer] = asyncio.get_running_loop().create_future()
        fate = await self.waiting[request.peer]
        if fate is Fate.LOST:
            raise ConnectionResetError
        self.last_served = request.peer
        response = await super().answer(request)
        if fate is Fate.UNREAD:
            raise ConnectionResetError
        return response


async def play(
    started: bool, wishes: Sequence[bool], turns: Sequence[int], fates: Sequence[Fate]
) -> tuple[Gate, list[Any]]:
    """Let clients with these wishes command at once, in this order; return the charger and what became of them."""
    async with asyncio.timeout(50), AsyncExitStack() as stack:
        gate = await stack.enter_async_context(Gate())
        gate.started = started
        tasks = {}
        for peer, wish in zip(CLIENTS, wishes, strict=False):
            session = ClientSession(connector=TCPConnector(local_addr=(peer, 0)))
            evse = client(await stack.enter_async_context(session), gate)
            tasks[peer] = asyncio.create_task(evse.set_charging(wish))
        order, luck = iter(turns), iter(fates)
        while pending := [peer for peer, task in tasks.items() if not task.done()]:
            # All that are not done have come to the gate before one is let through.
            if not all(peer in gate.waiting for peer in pending):
                await asyncio.sleep(0)
                continue
            chosen = pending[next(order, 0) % len(pending)]
            gate.waiting.pop(chosen).set_result(next(luck, Fate.ANSWERED))
        return gate, await asyncio.gather(*tasks.values(), return_exceptions=True)


TURNS = st.lists(st.integers(0, 2), max_size=14)
WISHES = st.lists(st.booleans(), min_size=2, max_size=3)
# Each example has a charger and clients of its own; only the patience is shared.
EXAMPLES = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@EXAMPLES
@given(st.booleans(), st.booleans(), st.integers(2, 3), TURNS)
async def test_the_same_wish(started: bool, wish: bool, clients: int, turns: list[int]) -> None:
    """Clients that want the same have it, whatever the order, and none of them is refused."""
    gate, outcome = await play(started, [wish] * clients, turns, [])
    assert outcome == [None] * clients
    assert gate.started is wish


@EXAMPLES
@given(st.booleans(), WISHES, TURNS)
async def test_different_wishes(started: bool, wishes: list[bool], turns: list[int]) -> None:
    """The client that was served last has its wish, as if they had come one after the other."""
    gate, outcome = await play(started, wishes, turns, [])
    assert outcome == [None] * len(wishes)
    assert gate.started is wishes[CLIENTS.index(gate.last_served)]


@EXAMPLES
@given(st.booleans(), st.booleans(), TURNS, st.lists(st.sampled_from(Fate), max_size=14))
async def test_the_same_wish_on_a_bad_line(
    started: bool, wish: bool, turns: list[int], fates: list[Fate]
) -> None:
    """With requests and replies that are lost: a client without an error has its wish."""
    gate, outcome = await play(started, [wish, wish], turns, fates)
    assert all(result is None or isinstance(result, ChargerError) for result in outcome)
    if outcome == [None, None]:
        assert gate.started is wish


@pytest.mark.parametrize("wish", [True, False])
async def test_two_that_read_at_the_same_moment(wish: bool) -> None:
    """Both read that it is off, both toggle; the second one undoes it, reads that in its reply, and does it again."""
    gate, outcome = await play(not wish, [wish, wish], [0, 1, 0, 1], [])
    assert outcome == [None, None]
    assert gate.started is wish
    assert gate.toggles == 3


async def test_three_that_read_at_the_same_moment() -> None:
    """The second one undoes it, the third one does it again; the second one reads again, and is done."""
    gate, outcome = await play(False, [True, True, True], [0, 1, 2, 0, 1, 2], [])
    assert outcome == [None, None, None]
    assert gate.started
    assert gate.toggles == 3


async def test_unread_replies_of_both() -> None:
    """Two toggles arrive and both replies are lost: both clients read again, and toggle once more."""
    fates = [Fate.ANSWERED, Fate.ANSWERED, Fate.UNREAD, Fate.UNREAD]
    gate, outcome = await play(False, [True, True], [0, 1, 0, 1], fates)
    assert outcome == [None, None]
    assert gate.started


async def test_a_wish_that_is_fought_for_ever() -> None:
    """A client without replies, against one that undoes its toggles, fails in the end."""
    fates = [Fate.ANSWERED, Fate.LOST] * 4
    gate, [outcome] = await play(False, [True], [], [*fates, Fate.ANSWERED])
    assert isinstance(outcome, ChargerError)
    assert not isinstance(outcome, ChargerRefusedError)
    assert not gate.started
