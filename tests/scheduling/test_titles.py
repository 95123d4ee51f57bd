"""What the titles of charging windows mean, in each of the twelve languages."""

from datetime import datetime, timedelta
from typing import Final

import pytest

from custom_components.evse_pilot.chargers.errors import ChargerRefusedError
from custom_components.evse_pilot.scheduling.event import window_of
from custom_components.evse_pilot.scheduling.schedule import PAUSED, Permit

MONDAY: Final = datetime(2026, 11, 16)

# For each language its titles for charging with 7.5 A, for no charging, and those that are refused.
TITLES: Final = {
    "en": (
        "Charging at 7.5 A | 7,5 amperes",
        (
            "No charging | Do not charge | Don\u2019t charge the car | Dont charge | Not charging | "
            "Non-charging | Never charge | No charging today | No charging (off peak)"
        ),
        (
            "not now | never | no car | No more than 10 A | no charging at 16 A | Do not charge over 80 % | "
            "No pause | Do not stop"
        ),
    ),
    "de": (
        "Laden mit 7,5 A | Laden mit 7.5 Ampere",
        (
            "Kein Laden | kein Laden heute | Nicht laden | keine Ladung | Das Auto nicht laden | Aus | "
            "Laden aus | Stopp | Pause | Laden pausieren | Wallbox aus"
        ),
        (
            "Nicht laden mit 10 A | Nicht über 80 % laden | Keine Pause | Laden nicht vor 22 Uhr | "
            "Kein Laden ohne Sonne"
        ),
    ),
    "nl": (
        "Laden met 7,5 A | Laden met 7.5 ampère",
        (
            "Niet laden | Geen lading | Niet opladen | Zonder laden | Uit | Laden uit | Pauze | "
            "Laden stoppen | Gepauzeerd"
        ),
        "Niet laden met 10 A | Geen pauze | Laden niet na 22 uur",
    ),
    "fr": (
        "Charge à 7,5 A | Recharge à 7.5 ampères | de 6 à 7,5 A",
        (
            "Pas de charge | Pas de recharge | Ne pas charger | Ne charge pas | Sans charge | "
            "Aucune recharge | Arrêt | arret | Arrêter la recharge | En pause | Suspendre la recharge"
        ),
        "Pas de charge à 10 A | Sans pause | Ne jamais arrêter | Ne pas dépasser 80 %",
    ),
    "es": (
        "Carga a 7,5 A | Recarga con 7.5 amperios",
        (
            "Sin carga | No cargar | No cargar el coche | Sin recarga | Apagado | Detener carga | Pausa | "
            "Carga en pausa"
        ),
        "Sin carga a 10 A | Sin pausa | No más de 10 A | No pasar de 80 %",
    ),
    "it": (
        "Ricarica a 7,5 A | Carica con 7.5 ampere",
        (
            "Nessuna ricarica | Non caricare | Niente ricarica | Senza ricarica | Spento | Arresta ricarica | "
            "Sospendi ricarica | In pausa | Pausa"
        ),
        "Nessuna ricarica a 10 A | Senza pausa | Non oltre 80 %",
    ),
    "pl": (
        "Ładowanie 7,5 A | Ładowanie 7.5 amperów | ladowanie 7,5 A",
        (
            "Bez ładowania | Brak ładowania | Nie ładuje | bez ladowania | Nie ładować | Nie ładuj | Wyłączone | "
            "Wyłączono | Pauza | Zatrzymaj ładowanie | Wstrzymano"
        ),
        "Nie ładować 10 A | Bez pauzy | Nie powyżej 80 %",
    ),
    "sv": (
        "Laddning med 7,5 A | Ladda med 7.5 ampere | Ladda nu med 7,5 A",
        (
            "Ingen laddning | Ladda inte | Laddar inte | Inte ladda | Ej laddning | Av | Laddning av | "
            "Stäng av laddning | Paus | Pausad"
        ),
        "Ingen laddning med 10 A | Ingen paus | Inte över 80 %",
    ),
    "nb": (
        "Lading med 7,5 A | Lad med 7.5 ampere",
        (
            "Ingen lading | Ikke lad | Lader ikke | Lad ikke bilen | Uten lading | Av | Lading av | Slå av lading | "
            "Stopp lading | Pause"
        ),
        "Ingen lading med 10 A | Ingen pause | Lad ikke før 22",
    ),
    "da": (
        "Opladning med 7,5 A | Oplad med 7.5 ampere",
        (
            "Ingen opladning | Oplad ikke | Lad ikke | Oplader ikke | Uden opladning | Fra | Opladning fra | Slukket | "
            "Stop opladning | Pause"
        ),
        "Ingen opladning med 10 A | Ingen pause | Ikke over 80 %",
    ),
    "ro": (
        "Încărcare la 7,5 A | Încărcare cu 7.5 amperi | incarcare 7,5 A",
        (
            "Fără încărcare | fara incarcare | Nu încărca | Nu se încarcă | Oprit | Oprește încărcarea | "
            "Pauză | Pe pauză"
        ),
        "Fără încărcare la 10 A | Nu încărca la 10 A | Fără pauză | Nu porni | Nu mai mult de 80 %",
    ),
    "cs": (
        "Nabíjení 7,5 A | Nabíjet 7.5 ampérů | nabijeni 7,5 A",
        (
            "Bez nabíjení | bez nabijeni | Žádné nabíjení | Nenabíjet | Nenabíjí | Auto nenabíjet | Vypnuto | "
            "Zastavit nabíjení | Pauza | Pozastaveno"
        ),
        "Nenabíjet 10 A | Bez pauzy | Ne nad 80 %",
    ),
}


def titles_of(kind: int) -> list[tuple[str, str]]:
    """Return each language with each of its titles of a kind: 0 is a current, 1 no charging, 2 refused."""
    return [(language, title) for language, kinds in TITLES.items() for title in kinds[kind].split(" | ")]


def permit_of(title: str) -> Permit:
    """Return what an event with this title allows."""
    return window_of(MONDAY, MONDAY + timedelta(hours=1), title, "FREQ=WEEKLY").permit


@pytest.mark.parametrize(("language", "title"), titles_of(0))
def test_a_current_is_read_in_each_language(language: str, title: str) -> None:
    """The decimal sign is a comma or a point, and the unit a sign or a word."""
    assert permit_of(title) == Permit(current_a=7.5)


@pytest.mark.parametrize(("language", "title"), titles_of(1))
def test_no_charging_is_understood_in_each_language(language: str, title: str) -> None:
    """A denial of charging alone, an off and a pause forbid charging, with accents or without."""
    assert permit_of(title) == PAUSED


@pytest.mark.parametrize(("language", "title"), titles_of(2))
def test_b4_a_negation_that_is_not_understood_is_refused(language: str, title: str) -> None:
    """A title that denies something else than charging alone is no permission to charge."""
    with pytest.raises(ChargerRefusedError, match="schedule_event_title"):
        permit_of(title)


@pytest.mark.parametrize("title", ["Não carregar", "Älä lataa", "Ei latausta", "Nem tölt"])
def test_b4_a_negation_of_another_language_is_refused(title: str) -> None:
    """What is denied in a language that is not read is not allowed either."""
    with pytest.raises(ChargerRefusedError, match="schedule_event_title"):
        permit_of(title)
