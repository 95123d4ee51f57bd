"""Every language is complete: keys, placeholders, lengths, and no English that was left behind."""

from collections.abc import Iterator, Mapping
import json
from pathlib import Path
import re
from string import Formatter
from typing import Any

import pytest

from custom_components.evse_pilot.chargers import types
from custom_components.evse_pilot.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

FOLDER = Path(types.__file__).parents[1] / "translations"
LANGUAGES = ("cs", "da", "de", "es", "fr", "it", "nb", "nl", "pl", "ro", "sv")
# By how much a text may be longer than the English one: names and states are on a tile, all others in a dialog.
_ON_A_TILE_MORE, _IN_A_DIALOG_TIMES, _IN_A_DIALOG_MORE = 18, 1.7, 15
_SENTENCE = 5


def _flat(texts: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in texts.items():
        where = f"{path}.{key}" if path else key
        if isinstance(value, str):
            yield where, value
        else:
            yield from _flat(value, where)


def _texts(language: str) -> dict[str, str]:
    return dict(_flat(json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))))


EN = _texts("en")


def _placeholders(text: str) -> list[str]:
    return sorted({name for _, name, _, _ in Formatter().parse(text) if name})


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]{2,}", re.sub(r"\{\w+\}|`[^`]*`", "", text))


def test_all_languages_are_there() -> None:
    """English and eleven others."""
    assert {path.stem for path in FOLDER.glob("*.json")} == {"en", *LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_keys_and_placeholders_are_those_of_english(language: str) -> None:
    """Home Assistant shows English for what is missing, and drops a text with other placeholders."""
    texts = _texts(language)
    assert texts.keys() == EN.keys()
    odd = {key for key, text in texts.items() if _placeholders(text) != _placeholders(EN[key])}
    assert not odd


@pytest.mark.parametrize("language", LANGUAGES)
def test_form(language: str) -> None:
    """As hassfest wants it: no markup, no address, no blanks at the ends, no placeholder in quotes."""
    for key, text in _texts(language).items():
        assert text.strip() == text != "", key
        assert not re.search(r"<\w|https?://|'\{\w+\}'", text), key
        assert text.count("`") == EN[key].count("`"), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_length(language: str) -> None:
    """A name or a state fits where the English one does, more or less."""
    long = {}
    for key, text in _texts(language).items():
        in_a_dialog = _IN_A_DIALOG_TIMES * len(EN[key]) + _IN_A_DIALOG_MORE
        most = len(EN[key]) + _ON_A_TILE_MORE if key.startswith("entity.") else in_a_dialog
        if len(text) > most:
            long[key] = text
    assert not long


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_english_is_left(language: str) -> None:
    """No sentence is the English one, and few of the shorter texts: some words are the same everywhere."""
    same = [key for key, text in _texts(language).items() if text == EN[key]]
    assert not [key for key in same if len(_words(EN[key])) >= _SENTENCE]
    assert len([key for key in same if len(_words(EN[key])) > 1]) <= len(EN) // 40


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_language_is_a_copy_of_another(language: str) -> None:
    """Norwegian and Danish are close, and yet not the same."""
    sentences = {key for key, text in EN.items() if len(_words(text)) >= _SENTENCE}
    texts = _texts(language)
    for other in LANGUAGES:
        if other != language:
            others = _texts(other)
            assert sum(texts[key] == others[key] for key in sentences) < len(sentences) / 5, other


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_names_stay_two_names(language: str) -> None:
    """Entities of one platform that have two names in English have two in each language; so have states of one entity."""
    seen: dict[tuple[str, str], str] = {}
    texts = _texts(language)
    for key, text in texts.items():
        parts = key.split(".")
        if parts[0] != "entity" or not {"name", "state"} & set(parts[3:4]):
            continue
        group = parts[1] if parts[3] == "name" else ".".join(parts[:4])
        english = seen.setdefault((group, text.casefold()), EN[key])
        assert english.casefold() == EN[key].casefold(), (key, text)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_home_assistant_takes_them(
    hass: HomeAssistant, language: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Home Assistant validates each text against the English one, and logs what it drops."""
    for category in ("entity", "exceptions", "issues", "config", "services", "selector", "triggers"):
        found = await async_get_translations(hass, language, category, {DOMAIN})
        prefix = f"component.{DOMAIN}."
        expected = {f"{prefix}{key}": text for key, text in _texts(language).items()}
        assert {key: expected[key] for key in found} == found
    assert "Validation of translation" not in caplog.text
