"""A server that sends given bytes, for what no emulator of a charger would do."""

import asyncio
from contextlib import suppress
from typing import Self


def reply(body: bytes = b"{}", status: int = 200, *headers: str) -> bytes:
    """Return a proper answer."""
    head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(head).encode() + body


class BareServer:
    """Answers each connection with the next of its answers, the last one for ever, and hangs up."""

    host = "127.0.0.1"
    port = 0

    def __init__(self) -> None:
        """Send nothing yet."""
        self.answers: list[bytes] = [reply()]
        self.repeats: bytes = b""  # what follows the answer without end
        self.hangs_up = True
        self.delay_s = 0.0  # before it answers
        self.received: list[bytes] = []

    async def __aenter__(self) -> Self:
        """Listen while the block lasts."""
        self._handlers: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._serve, self.host, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening, and hang up on everybody."""
        self._server.close()
        for handler in self._handlers:
            handler.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                self.received.append(await reader.readuntil(b"\r\n\r\n"))
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                await asyncio.sleep(self.delay_s)
                writer.write(answer)
                await writer.drain()
                while self.repeats:
                    writer.write(self.repeats)
                    await writer.drain()
                    await asyncio.sleep(0.001)
                if not self.hangs_up:
                    await asyncio.Event().wait()
        finally:
            self._handlers.discard(task)
            writer.close()
