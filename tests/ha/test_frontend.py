"""The dashboard strategy: where it is served, and what its modules name."""

from http import HTTPStatus
import json
import re
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.evse_pilot.const import DOMAIN
from custom_components.evse_pilot.frontend import FOLDER, MODULE
from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL
from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_integration
from homeassistant.setup import async_setup_component

SOURCES = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.js")}
TRANSLATIONS = FOLDER.parents[1] / "translations" / "en.json"
LANGUAGES = {"en", "de", "nl", "fr", "es", "it", "pl", "sv", "nb", "da", "ro", "cs"}
# What is shown where there is one, and is not everywhere.
OPTIONAL = {("event", "session"), ("calendar", "sessions")}


def _imports(source: str) -> set[str]:
    return set(re.findall(r'from "\./([^"]+)"', source))


async def test_the_strategy_is_served_once(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> None:
    """Each browser loads the module, and each module that it imports is served beside it, as JavaScript."""
    assert await async_setup_component(hass, "frontend", {})
    before = hass.data[DATA_EXTRA_MODULE_URL].urls
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()

    [address] = hass.data[DATA_EXTRA_MODULE_URL].urls - before
    version = (await async_get_integration(hass, DOMAIN)).version
    assert address == f"/evse_pilot_frontend/{version}/{MODULE}"
    client = await hass_client()
    found, todo = set[str](), {MODULE}
    while todo:
        name = todo.pop()
        response = await client.get(address.replace(MODULE, name))
        assert response.status == HTTPStatus.OK, name
        assert response.content_type == "text/javascript"
        assert "max-age" in response.headers["Cache-Control"]
        assert await response.text() == SOURCES[name]
        found.add(name)
        todo |= _imports(SOURCES[name]) - found
    assert found == set(SOURCES)
    # Nothing but the modules is served.
    response = await client.get(address.replace(MODULE, "../__init__.py"))
    assert response.status == HTTPStatus.NOT_FOUND


async def test_without_a_frontend(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    """A Home Assistant without a frontend has its chargers all the same."""
    assert "frontend" not in hass.config.components
    assert DATA_EXTRA_MODULE_URL not in hass.data
    assert hass.states.async_entity_ids_count("sensor") > 0


def test_each_entity_that_the_dashboard_names_is_one_of_ours() -> None:
    """A key of an entity that was renamed is found here, and not by an owner of an empty dashboard."""
    names: dict[str, Any] = json.loads(TRANSLATIONS.read_text(encoding="utf-8"))["entity"]
    used = {
        (domain, key)
        for source in SOURCES.values()
        for domain, keys in re.findall(r'\.get\("(\w+)", ([^)]+)\)', source)
        for key in re.findall(r'"(\w+)"', keys)
    }
    assert len(used) > 25
    assert {(domain, key) for domain, key in used if key not in names.get(domain, {})} <= OPTIONAL
    keys = {key for domain in names.values() for key in domain}
    sets = re.findall(r"_KEYS = new Set\(\[(.*?)\]\)", SOURCES["registry.js"], re.DOTALL)
    assert len(sets) == 3
    for group in sets:
        assert set(re.findall(r'"(\w+)"', group)) <= keys
    for prefix in re.findall(r'\.phases\("(\w+)"\)', "".join(SOURCES.values())):
        assert {f"{prefix}_l{phase}" for phase in (1, 2, 3)} <= set(names["sensor"])


def test_the_texts_of_all_languages() -> None:
    """Each language has each text, none of them empty or English, and each text is used."""
    texts = {
        language: dict(re.findall(r'^    (\w+):\s+"(.+)",$', block, re.MULTILINE))
        for language, block in re.findall(
            r"^  (\w+): \{\n(.*?)^  \},$", SOURCES["texts.js"], re.MULTILINE | re.DOTALL
        )
    }
    assert set(texts) == LANGUAGES
    others = "".join(source for name, source in SOURCES.items() if name != "texts.js")
    assert set(texts["en"]) == set(re.findall(r'(?:\btexts|language\))\.(?!js")(\w+)', others))
    for language, table in texts.items():
        assert list(table) == list(texts["en"]), language
        # "Session" is the same word in French and English.
        same = {key for key, text in table.items() if text == texts["en"][key]}
        assert language == "en" or same <= {"session"}, language
        assert all(text == text.strip() for text in table.values())
