"""A plan as the claim that holds now."""

from datetime import datetime

from ..control.claim import Claim, Reason, Source
from .plan import Plan, Why


def claim_of(
    plan: Plan, now: datetime, *, takes_no_more: bool, has_sun: bool
) -> tuple[Claim, datetime | None]:
    """Return the claim of a plan, and when another one holds; None: never.

    A car that takes no more before it has its energy is not held back. Where the sun decides beside the plan, it may have
    the sun while it waits: what the sun gives need not be bought.
    """
    slot, following = plan.slot_at(now), plan.next_slot(now)
    charges = slot is not None or (takes_no_more and plan.why is not Why.REACHED)
    is_left_to_sun = has_sun and plan.why is not Why.REACHED
    start, end = None if following is None else following.start, None if slot is None else slot.end
    claim = Claim(
        source=Source.PLAN,
        # The law of the sun knows by it that the car charges whatever the sun gives.
        reason=Reason.OWN_MAXIMUM if charges else _reason(plan),
        pause=not charges and not is_left_to_sun,
        until=end if charges else start,
    )
    return claim, min((moment for moment in (start, end) if moment is not None), default=None)


def _reason(plan: Plan) -> Reason:
    if plan.why is Why.REACHED:
        return Reason.PLAN_FULFILLED
    if plan.why is Why.SUN:
        return Reason.WAITING_FOR_SOLAR
    return Reason.WAITING_FOR_PLAN if plan.why is Why.NO_PRICES else Reason.WAITING_FOR_CHEAP_HOUR
