"""Standing: what a charger may demand, and which of its states it is that leave it none."""

from enum import Enum, auto

from ...chargers.types import Status
from ...control.claim import Reason

NO_CAR = {
    Status.DISCONNECTED: Reason.NOT_PLUGGED_IN,
    Status.AWAITING_AUTHORIZATION: Reason.AWAITING_AUTHORIZATION,
}
RESTING = NO_CAR | {
    Status.SCHEDULED: Reason.SCHEDULED,
    Status.WAITING_FOR_SOLAR: Reason.WAITING_FOR_SOLAR,
    Status.FAULT: Reason.FAULT,
    Status.UPDATING: Reason.FAULT,
}


class Standing(Enum):
    """What a charger may demand."""

    # Its share
    AWAKE = auto()
    # Its minimum, if there is enough for all: the car takes nothing
    IDLE = auto()
    # What no other charger needs: no car, no permission, a fault
    RESTING = auto()
    # Nothing: its owner, a schedule or a silent meter allows none
    BARRED = auto()
    # Nothing new: it does not answer
    SILENT = auto()
