"""Charging windows as calendar events: times, a recurrence rule, and a title with the current."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
import re
import unicodedata

from ..chargers.errors import ChargerRefusedError
from .schedule import ALLOWED, WEEK, Permit, Weekday, Window, describe

# A current in amperes; neither a time ("6 a.m.") nor a charge ("80 amp-hours", "80 ampère-heures").
_CURRENT = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*"
    r"(?:a(?!\.\s*m\b)|amp(?:s|[eèé]r(?:e|es|io|ios|i|y|ów|ů|u|a)?)?(?!\W*hours?\b|[-\u2010\u2011]\w))\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The words of titles in English, German, Dutch, French, Spanish, Italian, Polish, Swedish, Norwegian, Danish, Romanian
# and Czech, as `_plain` writes them: without accents, so that a title may lack them.
# These forbid charging wherever they are in a title...
_PAUSE = _words("pause paused pauze pausa paus pauza")
# ... and these if a title consists of them, and of words for charging, alone.
_OFF = _PAUSE | _words(
    "off stop stops stopped aus halt stopp stoppen pausieren pausiert uit gestopt pauzeren gepauzeerd "
    "arret arreter suspendre apagado desactivado detener parar pausar pausado spento ferma arresta sospendi "
    "wylaczone wylaczono zatrzymaj wstrzymaj wstrzymano av stoppa pausad fra slukket stoppet "
    "oprit opreste vypnuto vypnout zastavit pozastavit pozastaveno"
)
_CHARGING = _words(
    "charge charging laden aufladen ladung opladen lading recharge carga recarga carica ricarica "
    "ladowanie ladowania laddning ladning opladning incarcare incarcarea incarcarii nabijeni"
)
_TO_CHARGE = _words(
    "lade laad charger recharger cargar recargar caricare ricaricare ladowac laduj laduje ladda laddar "
    "lad lader oplad oplader incarca nabijet"
)
_BESIDE = _words(
    "car ev switch turn do now please the a die das de la le el en in se stang sla "
    "auto wagen voiture coche macchina bil bilen samochod masina "
    "wallbox laddare chargeur cargador caricatore ladowarka incarcator nabijecka"
)
# The Czech "not to charge" is one word.
_NOT_TO_CHARGE = _words("nenabijet nenabiji nenabijej")
# A title with a word that denies something allows nothing; where only charging is denied, it forbids charging.
_NEGATIONS = _NOT_TO_CHARGE | _words(
    "no not never none nothing without cannot dont doesnt cant wont "
    "nicht nichts nie niemals kein keine keinen keinem keiner keines ohne geen niet nooit zonder "
    "pas ne non jamais sans aucun aucune sin nunca ningun ninguna niente senza nessun nessuna nao sem "
    "bez brak zaden zadna zadne inte ej ingen inga aldrig utan ikke aldri uten uden fara niciodata nicio "
    "neni ei ala nem"
)
_NO_CHARGING = re.compile(
    r"\b(?:no|keine?|geen|pas de|aucune|sin|nessuna|senza|bez|brak|ingen|uten|uden|utan|fara|zadne)[\s-]+"
    rf"(?:{'|'.join(sorted(_CHARGING))})\b"
)
# Romanian denies by a word that is "now" in other languages, French by two words at once.
_NU = re.compile(r"\bnu (?=se\b|mai\b|porni|incarc)")
_NE = re.compile(r"\bne (?=(?:\w+ )?(?:pas|jamais)\b)")
# What only looks like a word of the tables: a prefix such as in "non-stop", and the Scandinavian "of" and "from".
_HARMLESS = re.compile(r"\bnon[\s-]?stop\b|\bnon-(?!charg)|(?<!stang )(?<!sla )\b(?:av|fra) (?=\w)")
# Letters that are no accented ones to Unicode.
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "æ": "ae", "\u2019": "'"})
_BYDAY = dict(zip(("MO", "TU", "WE", "TH", "FR", "SA", "SU"), WEEK, strict=True))


def uid_of(window: Window) -> str:
    """Return the id of a window's events: its times, all that it allows, and its own title."""
    permit = window.permit
    details = (permit.current_a, permit.mode, permit.phases, permit.energy_wh, window.title)
    shown = (f"{each:g}" if isinstance(each, float) else str(each) for each in details if each is not None)
    return " ".join((describe(window), *shown))


def title_of(window: Window) -> str:
    """Return the title that `window_of` reads: the window's own as far as it means the same, and the current first."""
    current_a = window.permit.current_a
    usual = "Charging" if current_a is None else f"{current_a:g} A charging"
    if window.permit.is_pause:
        usual = "No charging"
    if window.title is None:
        return usual
    return next(
        (title for title in (window.title, f"{usual} ({window.title})") if _means(title, current_a)), usual
    )


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


def rule_of(window: Window) -> str | None:
    """Return the recurrence rule (RFC 5545) of a window; None: it comes once."""
    if window.day is not None:
        return None
    return f"FREQ=WEEKLY;BYDAY={','.join(name for name, day in _BYDAY.items() if day in window.days)}"


def recurrence_id_of(start: datetime) -> str:
    """Return the id of one event of a window that comes every week, by its start; local."""
    return f"{start:%Y%m%dT%H%M%S}"


def day_of(recurrence_id: str) -> date:
    """Return the date of an event by its id; ChargerRefusedError if it is the id of none."""
    try:
        return date.fromisoformat(recurrence_id[:8])
    except ValueError:
        raise ChargerRefusedError("schedule_event_gone") from None


def window_of(
    start: datetime | date, end: datetime | date, title: str, rule: str | None, *, before: Permit = ALLOWED
) -> Window:
    """Return the window of an event, whose times are local; one without a rule comes once.

    The title sets the current, and is kept. Mode, phases and energy, which a title does not contain, stay as they were before.

    Raises ChargerRefusedError for an event that is no charging window: that comes once, or repeats every week without an
    end, and lasts at most a day; and for a title that is not understood.
    """
    start, end = _with_time(start), _with_time(end)
    length = end - start
    if not timedelta() < length <= timedelta(days=1):
        raise ChargerRefusedError("schedule_event_length")
    window = Window(
        days=_days(start, rule) if rule else frozenset(),
        day=None if rule else start.date(),
        start=start.time(),
        end=end.time(),
        permit=replace(before, current_a=_current_a(title)),
    )
    own = title.strip()
    return window if own in ("", title_of(window)) else replace(window, title=own)


def _with_time(moment: datetime | date) -> datetime:
    """Return the moment itself, or the start of the day for an all-day event."""
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time())


def _days(start: datetime, rule: str) -> frozenset[Weekday]:
    parts = dict(part.split("=", 1) for part in rule.upper().split(";") if "=" in part)
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
    current = _CURRENT.search(unicodedata.normalize("NFKC", title))
    text = _plain(title)
    words = frozenset(_WORD.findall(text))
    if words & _OFF and words <= _OFF | _CHARGING | _TO_CHARGE | _BESIDE and not current:
        return 0.0
    if denials := {word for word in words if word in _NEGATIONS or word.endswith("n't")}:
        if current or len(denials) > 1 or not _denies_charging(text, words - denials, denials):
            raise ChargerRefusedError("schedule_event_title")
        return 0.0
    if current:
        return float(current[1].replace(",", "."))
    return 0.0 if words & _PAUSE else None


def _means(title: str, current_a: float | None) -> bool:
    """Return whether a title allows this current, in A per phase."""
    try:
        return _current_a(title) == current_a
    except ChargerRefusedError:
        return False


def _plain(title: str) -> str:
    """Return a title in small letters without accents, without what only looks like a denial or an off."""
    text = unicodedata.normalize("NFKD", title.casefold())
    text = "".join(letter for letter in text if not unicodedata.combining(letter)).translate(_LETTERS)
    return _HARMLESS.sub("", _NE.sub("", _NU.sub("fara ", text)))


def _denies_charging(text: str, others: frozenset[str], denials: set[str]) -> bool:
    """Return whether a title has "no charging" somewhere, or consists of a denial of charging alone."""
    if _NO_CHARGING.search(text):
        return True
    is_about_charging = bool(denials & _NOT_TO_CHARGE or others & (_CHARGING | _TO_CHARGE))
    is_understood = others <= _CHARGING | _TO_CHARGE | _BESIDE and not any(map(str.isdigit, text))
    return is_about_charging and is_understood
