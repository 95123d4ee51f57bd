"""Server-sent events: the framing of the HTML standard, whatever the line makes of it."""

from chargers.errors import ChargerProtocolError
from chargers.sse import LONGEST_EVENT, Event, EventParser
from hypothesis import given, strategies as st
import pytest

TEXT = st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=20)


def events(*chunks: bytes) -> list[Event]:
    """Return the events of a stream that comes in these pieces."""
    parser = EventParser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"data: a\n\n", [Event("message", "a")]),
        (b"event: x\ndata: a\n\n", [Event("x", "a")]),
        (b"data: a\nevent: x\n\n", [Event("x", "a")]),
        (b"event: x\n\ndata: a\n\n", [Event("message", "a")]),
        (b"event: x\nevent\ndata: a\n\n", [Event("message", "a")]),
        (b"data: a\ndata: b\n\n", [Event("message", "a\nb")]),
        (b"data:a\n\n", [Event("message", "a")]),
        (b"data:  a \n\n", [Event("message", " a ")]),
        (b"data\n\n", [Event("message", "")]),
        (b"data\ndata\n\n", [Event("message", "\n")]),
        (b"data: a: b\n\n", [Event("message", "a: b")]),
        (b":ok\n\ndata: a\n\n", [Event("message", "a")]),
        (b"data: a\n: in between\ndata: b\n\n", [Event("message", "a\nb")]),
        (b"id: 7\nretry: 10\nsecret: 1\ndata: a\n\n", [Event("message", "a")]),
        (b"Data: a\n data: b\n\n", []),
        (b"\n\n\n\n", []),
        (b"data: a\n", []),
        (b"data: a", []),
        (b"\xef\xbb\xbfdata: a\n\n", [Event("message", "a")]),
        (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", []),
        (b"data: a\n\n\xef\xbb\xbfdata: b\n\n", [Event("message", "a")]),
        (b"data: \xff\xc3\n\n", [Event("message", "\ufffd\ufffd")]),
        (b"data: a\r\rdata: b\r\n\r\ndata: c\n\r\n", [Event("message", letter) for letter in "abc"]),
        (b"data: a\x0bb\x85\n\n", [Event("message", "a\x0bb\ufffd")]),
    ],
)
def test_framing(stream: bytes, expected: list[Event]) -> None:
    """Each rule of the standard, in one piece and byte by byte."""
    assert events(stream) == expected
    assert events(*(stream[index : index + 1] for index in range(len(stream)))) == expected


def test_an_event_is_there_with_its_last_byte() -> None:
    """Nothing waits for what comes next, not even behind a CR that a LF might follow."""
    parser = EventParser()
    assert parser.feed(b"data: a\r") == []
    assert parser.feed(b"\n\r") == [Event("message", "a")]
    assert parser.feed(b"") == []
    assert parser.feed(b"\n") == []
    assert parser.feed(b"data: b\r\r") == [Event("message", "b")]


@given(
    sent=st.lists(st.tuples(st.sampled_from(["", "ACIData", "spark/status"]), st.lists(TEXT, min_size=1))),
    end=st.sampled_from(["\n", "\r", "\r\n"]),
    data=st.data(),
)
def test_cut_anywhere(sent: list[tuple[str, list[str]]], end: str, data: st.DataObject) -> None:
    """Events come out as they went in, wherever the stream was cut."""
    stream = "".join(
        f"event: {name}{end}{''.join(f'data: {line}{end}' for line in lines)}:{end}{end}"
        for name, lines in sent
    ).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    pieces = [stream[first:last] for first, last in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert events(*pieces) == [Event(name or "message", "\n".join(lines)) for name, lines in sent]


@given(st.lists(st.binary(max_size=40)))
def test_garbage(chunks: list[bytes]) -> None:
    """No bytes are an exception, and how they are cut does not matter."""
    assert events(*chunks) == events(b"".join(chunks))


@pytest.mark.parametrize("endless", [b"x" * 1024, b"data: x\n" * 128])
def test_endless_event(endless: bytes) -> None:
    """An event without an end is not collected for ever."""
    with pytest.raises(ChargerProtocolError):
        events(*(endless for _ in range(2 * LONGEST_EVENT // len(endless))))


def test_as_long_as_the_cloud_likes() -> None:
    """Only one event has a longest length, not a stream."""
    parser = EventParser()
    for _ in range(3):
        assert parser.feed(b"data: " + b"x" * (LONGEST_EVENT - 100) + b"\n\n")
