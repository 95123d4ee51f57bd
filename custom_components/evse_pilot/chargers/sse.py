"""Server-sent events, as the HTML standard frames them: bytes in, events out."""

from dataclasses import dataclass
import re

from .errors import ChargerProtocolError

# No known event is longer than a kilobyte; one without an end is invalid.
LONGEST_EVENT = 64 * 1024

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its type, and its data with a line feed between lines."""

    type: str
    data: str


class EventParser:
    """Makes events of bytes that may be cut anywhere. `id` and `retry` are left out: nothing here uses them."""

    def __init__(self) -> None:
        """Start at the beginning of a stream."""
        self._rest = b""
        self._is_first_line = True
        self._was_cr = False
        self._type = ""
        self._data: list[str] = []
        self._length = 0

    def feed(self, chunk: bytes) -> list[Event]:
        """Return the events that these bytes complete; ChargerProtocolError if one is endless."""
        if not chunk:
            return []
        # A CR has ended the line already; the LF that came in the next chunk belongs to it.
        rest = chunk.removeprefix(b"\n") if self._was_cr else chunk
        self._was_cr = rest.endswith(b"\r")
        *lines, self._rest = _LINE_END.split(self._rest + rest)
        events = [event for line in lines if (event := self._take(line)) is not None]
        if len(self._rest) + self._length > LONGEST_EVENT:
            raise ChargerProtocolError("endless event")
        return events

    def _take(self, line: bytes) -> Event | None:
        """Take one line; return the event that an empty one completes."""
        if self._is_first_line:
            line = line.removeprefix(_BYTE_ORDER_MARK)
            self._is_first_line = False
        if not line:
            event = Event(self._type or "message", "\n".join(self._data)) if self._data else None
            self._type, self._data, self._length = "", [], 0
            return event
        name, _, value = line.partition(b":")
        text = value.removeprefix(b" ").decode(errors="replace")
        # A line that begins with a colon is a comment: its name is empty.
        if name == b"event":
            self._type = text
        elif name == b"data":
            self._data.append(text)
            self._length += len(line)
        return None
