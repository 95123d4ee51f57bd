"""Charging windows as calendar events: times, a recurrence rule, and a title with the current."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
import re
import unicodedata

from ..chargers.errors import ChargerRefusedError
from .schedule import ALLOWED, WEEK, Permit, Weekday, Window, describe

# A current in amperes; neither a time ("6 a.m.") nor a charge ("80 amp-hours").
_CURRENT = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*(?:a(?!\.\s*m\b)|amps?(?!\W*hours?\b)|amperes?(?!\W*hours?\b))\b", re.IGNORECASE
)
_NO_CHARGING = re.compile(r"\bno[\s-]+charg(?:e|ing)\b")
# A prefix such as in "non-stop" does not negate charging.
_NON = re.compile(r"\bnon[\s-]?stop\b|\bnon-")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that forbid charging if a title consists of them, and of words for charging, alone.
_PAUSES = _words(
    "off stop stops stopped stopp halt pause paused pauze pausa paus aus uit arrêt spento apagado"
)
_CHARGING = _words(
    "charge charging charger car ev the turn switch please laden lading opladen recharge carica carga ladda"
)
# Words that deny something in the languages of Home Assistant's users: a title with one of them allows nothing.
_NEGATIONS = _words(
    "no not never none nothing without cannot dont doesnt cant wont "
    "nicht nichts nie niemals kein keine keinen keinem keiner keines ohne "
    "pas ne non jamais sans aucun aucune geen niet nooit zonder niente senza nessuna "
    "sin nunca ninguna não nao sem inte ej ingen aldrig utan ikke aldri uten uden bez není ei älä nem"
)
_BYDAY = dict(zip(("MO", "TU", "WE", "TH", "FR", "SA", "SU"), WEEK, strict=True))


def uid_of(window: Window) -> str:
    """Return the id of a window's events: its times, and all that it allows."""
    permit = window.permit
    details = (permit.current_a, permit.mode, permit.phases, permit.energy_wh)
    shown = (f"{each:g}" if isinstance(each, float) else str(each) for each in details if each is not None)
    return " ".join((describe(window), *shown))


def title_of(window: Window) -> str:
    """Return the title that `window_of` reads."""
    if window.permit.is_pause:
        return "No charging"
    current_a = window.permit.current_a
    return "Charging" if current_a is None else f"Charging at {current_a:g} A"


def description_of(window: Window) -> str | None:
    """Return what the title does not show, in sentences; None if the title shows everything."""
    permit, sentences = window.permit, []
    if permit.mode is not None:
        sentences.append(f"Charges in {permit.mode} mode.")
    if permit.phases is not None:
        sentences.append(f"Charges on {permit.phases} phase{'s' if permit.phases > 1 else ''}.")
    if permit.energy_wh is not None:
        sentences.append(f"Ends after {permit.energy_wh / 1000:g} kWh.")
    return " ".join(sentences) or None


def rule_of(window: Window) -> str:
    """Return the recurrence rule (RFC 5545) of a window."""
    return f"FREQ=WEEKLY;BYDAY={','.join(name for name, day in _BYDAY.items() if day in window.days)}"


def window_of(
    start: datetime | date, end: datetime | date, title: str, rule: str | None, *, before: Permit = ALLOWED
) -> Window:
    """Return the window of an event, whose times are local.

    The title sets the current. Mode, phases and energy, which a title does not contain, stay as they were before.

    Raises ChargerRefusedError for an event that is no charging window: that repeats every week without an end, and lasts
    at most a day; and for a title that is not understood.
    """
    start, end = _with_time(start), _with_time(end)
    length = end - start
    if not timedelta() < length <= timedelta(days=1):
        raise ChargerRefusedError("schedule_event_length")
    return Window(
        days=_days(start, rule),
        start=start.time(),
        end=end.time(),
        permit=replace(before, current_a=_current_a(title)),
    )


def _with_time(moment: datetime | date) -> datetime:
    """Return the moment itself, or the start of the day for an all-day event."""
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time())


def _days(start: datetime, rule: str | None) -> frozenset[Weekday]:
    parts = dict(part.split("=", 1) for part in (rule or "").upper().split(";") if "=" in part)
    frequency = parts.pop("FREQ", None)
    days = parts.pop("BYDAY", None)
    if frequency not in ("DAILY", "WEEKLY") or parts.pop("INTERVAL", "1") != "1":
        raise ChargerRefusedError("schedule_event_weekly")
    parts.pop("WKST", None)
    if parts or (days and not set(days.split(",")) <= _BYDAY.keys()):
        raise ChargerRefusedError("schedule_event_weekly")
    if frequency == "DAILY" and not days:
        return frozenset(WEEK)
    on = {_BYDAY[name] for name in days.split(",")} if days else set()
    # An event that was moved to another day still has its old day in the rule.
    return frozenset(on if len(on) > 1 else {WEEK[start.weekday()]})


def _current_a(title: str) -> float | None:
    """Return the current that a title allows, in A per phase: 0 is no charging, None as much as is allowed otherwise.

    Raises ChargerRefusedError if it denies something in words that are not understood.
    """
    text = unicodedata.normalize("NFKC", title).replace("\u2019", "'").casefold()
    words = set(_WORD.findall(_NON.sub("", text)))
    current = _CURRENT.search(text)
    if words & _PAUSES and words <= _PAUSES | _CHARGING and not current:
        return 0.0
    if words & _NEGATIONS or any(word.endswith("n't") for word in words):
        if current or not _NO_CHARGING.search(text):
            raise ChargerRefusedError("schedule_event_title")
        return 0.0
    if current:
        return float(current[1].replace(",", "."))
    return 0.0 if words & {"pause", "paused"} else None
