"""Cards of a SmartEVSE: their numbers, and what is wrong with one by the word of its reader."""

from collections.abc import Mapping
import re

from ..errors import ChargerRefusedError

_RFID_REFUSALS = {
    "RFID reader not enabled": "rfid_reader_off",
    "Invalid RFID hex string": "rfid_card_invalid",
    "Invalid RFID length": "rfid_card_invalid",
    "Missing rfid parameter": "rfid_card_invalid",
    "Card not in storage": "rfid_card_unknown",
}
_CARD = re.compile(r"(?:[0-9A-F]{12}|[0-9A-F]{14})")


def card_number(tag: str) -> str:
    """Return the number of a card as the charger takes it; ChargerRefusedError if it is none."""
    number = re.sub("[ :-]", "", tag).upper()
    if not _CARD.fullmatch(number):
        raise ChargerRefusedError("rfid_card_invalid")
    return number


def card_refusal(reply: object) -> str | None:
    """Return the reason for which the reader refuses a card; None: it does not."""
    return _RFID_REFUSALS.get(str(reply.get("rfid_status"))) if isinstance(reply, Mapping) else None
