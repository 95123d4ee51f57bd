"""The words in which integrations of other vendors name what a charger does."""

from collections.abc import Mapping

from ..types import Status


def normalized(word: str) -> str:
    """Return a word as it is looked up: lower case, with underscores."""
    return "_".join(word.lower().replace("-", " ").replace("_", " ").replace(",", " ").split())


_COMMON: Mapping[Status, str] = {
    Status.DISCONNECTED: "a a1 a2 available disconnected ev_disconnected no_car no_ev_connected not_connected unplugged",
    Status.AWAITING_AUTHORIZATION: (
        "authorization_required awaiting_authorisation awaiting_authorization need_auth pending_approval"
        " unauthorized waiting_for_authorization"
    ),
    Status.CONNECTED: (
        "b b1 b2 awaiting_start charge_complete charged charging_finished complete completed connected finished"
        " finishing plugged plugged_in preparing ready_to_charge suspended_by_ev suspended_ev suspendedev"
        " wait_for_car waiting_for_car waiting_for_vehicle"
    ),
    Status.CHARGING: "c c1 c2 d d1 d2 charging charging_reduced charging_ventilation",
    Status.PAUSED: "paused stopped suspended_by_evse suspended_evse suspendedevse",
    Status.SCHEDULED: "delayed paused_by_scheduler scheduled waiting_for_schedule",
    Status.WAITING_FOR_SOLAR: "waiting_for_solar waiting_for_sun",
    Status.WAITING_FOR_POWER: "awaiting_load_balancing waiting_for_power",
    Status.FAULT: "e e1 e2 f f1 f2 error fault faulted",
    Status.UPDATING: "updating updating_firmware",
    Status.LOCKED: "locked out_of_service reserved unavailable",
}
# What most integrations mean by a word; a profile may mean something else by it.
COMMON: Mapping[str, Status] = {word: status for status, words in _COMMON.items() for word in words.split()}
