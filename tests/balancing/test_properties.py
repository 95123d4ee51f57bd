"""What the law may never do, whatever it reads."""

from collections.abc import Mapping
from dataclasses import replace
import math
from random import Random

from hypothesis import HealthCheck, given, settings, strategies as st

from custom_components.evse_pilot.balancing.law.law import Law
from custom_components.evse_pilot.balancing.law.model import Ceiling, Decision, Group, Member, Strategy
from custom_components.evse_pilot.chargers.types import Load, Status
from custom_components.evse_pilot.control.acknowledgement import Acknowledgement
from custom_components.evse_pilot.control.claim import Reason, Source, Target
from custom_components.evse_pilot.control.foreign import ForeignChanges

from .bench import read
from .controller import SimulatedController

SLOW = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
ODD = st.sampled_from([math.nan, math.inf, -math.inf, -5.0, 0.0, 3.0, 1e9])
NUMBER = st.floats(-20, 60) | ODD
WORDS = st.sampled_from([None, *Status])


@st.composite
def groups(draw: st.DrawFn, phases: int = 3) -> Group:
    """Draw a house and up to four chargers."""
    wirings: list[tuple[int, ...]] = [(1,)] if phases == 1 else [(1, 2, 3), (2, 3, 1), (3,), (1,), (2, 1)]
    fuse_a = draw(st.sampled_from([0.0, 10.0, 16.0, 25.0, 35.0, 63.0]))
    return Group(
        fuse_a=(fuse_a,) * phases,
        margin_a=draw(st.sampled_from([0.0, 0.5, 2.0])),
        safe_a=draw(st.sampled_from([0.0, 6.0, 10.0])),
        strategy=draw(st.sampled_from([s for s in Strategy if s is not Strategy.OFF])),
        sum_a=draw(st.none() | st.floats(0, 100)),
        unbalance_a=draw(st.none() | st.floats(0, 40)),
        temporary=draw(
            st.none() | st.builds(Ceiling, phase_a=st.none() | st.floats(0, 40), cars_only=st.booleans())
        ),
        members=tuple(
            Member(
                id=str(n),
                phases=draw(st.sampled_from(wirings)),
                minimum_a=draw(st.sampled_from([6.0, 6.5, 8.0])),
                maximum_a=draw(st.sampled_from([8.0, 16.0, 32.0])),
                step_a=draw(st.sampled_from([0.1, 0.5, 1.0])),
                priority=draw(st.integers(1, 3)),
            )
            for n in range(draw(st.integers(0, 4)))
        ),
        minimum_off_s=30,
        minimum_on_s=20,
        rotation_s=60,
    )


def run(group: Group, rng: Random, steps: int, *, sane: bool) -> list[Decision]:
    """Live through random seconds and check each decision; what falls is written before what rises.

    In half of the runs something else sets limits too, of which the law learns later.
    """
    law = Law(group)
    t = 0.0
    # By name, so that the same dice fall for the same charger, whatever the order.
    members = sorted(group.members, key=lambda each: each.id)
    offers = {member.id: rng.choice((0.0, 6.0, 16.0)) for member in members}
    controllers = {name: SimulatedController(amps, 30) for name, amps in offers.items()}
    states = {member.id: (Status.CHARGING, 1.0) for member in group.members}
    house = [rng.uniform(0, 15) for _ in group.fuse_a]
    decisions: list[Decision] = []
    meddled = rng.random() < 0.5
    for _ in range(steps):
        t += rng.choice((1, 1, 1, 5, 10, 30, 200))
        for member in members:
            if rng.random() < 0.1:
                states[member.id] = (rng.choice([Status.CHARGING, *Status]), rng.choice((0.0, 0.4, 1.0)))
            if meddled and rng.random() < 0.1:
                offers[member.id] = rng.choice((0.0, 3.0, 6.0, 9.3, 16.0, 40.0))
            status, part = states[member.id]
            drawn = offers[member.id] * part if status is Status.CHARGING else 0.0
            load = Load(
                status=status,
                limit_a=offers[member.id],
                minimum_a=6.0,
                maximum_a=32.0,
                step_a=member.step_a,
                phases=(1, 2, 3),
                drawn_a=(drawn,) * 3,
            )
            controller = controllers[member.id]
            if rng.random() < 0.1:
                controller.limit(Source.SCHEDULE, rng.choice((None, None, 0.0)), Reason.SCHEDULED)
                controller.limit(Source.OWNER, rng.choice((None, None, 9.0, 4.0)), Reason.PERSONS_LIMIT)
            if rng.random() < 0.8:
                controller.read(t, load)
                law.read_charger(
                    t,
                    member.id,
                    load,
                    own=controller.own,
                    is_off_at_charger=controller.is_off,
                    ack=controller.core.ack,
                    foreign=controller.core.foreign,
                )
        mains: list[float | None] = []
        for n in range(len(house)):
            house[n] = max(-10.0, min(40.0, house[n] + rng.choice((0, 0, 0, -9, -1, 1, 9))))
            cars = sum(
                offers[member.id] * states[member.id][1]
                for member in group.members
                if n + 1 in member.phases and states[member.id][0] is Status.CHARGING
            )
            odd = rng.choice((None, math.nan, math.inf, -1e6))
            mains.append(house[n] + cars if sane or rng.random() < 0.8 else odd)
        if rng.random() < 0.8:
            law.read_mains(t, mains)
        decision = law.decide(t)
        decisions.append(decision)
        check(group, decision, {name: c.core.ack.shown_a or 0.0 for name, c in controllers.items()})
        if not meddled:
            # One that reads as paused has a limit of no meaning.
            paused = {name for name, (status, _) in states.items() if status is Status.PAUSED}
            falls = [write.amps <= offers[write.id] for write in decision.writes if write.id not in paused]
            assert falls == sorted(falls, reverse=True)
        for write in decision.writes:
            controllers[write.id].give(write.amps)
        # In the order of their names: which of them is commanded first must not change what follows.
        for name in sorted(offers):
            is_lost = rng.random() < 0.1
            if (amps := controllers[name].command(t)) is not None and not is_lost:
                offers[name] = amps
                controllers[name].accept()
    return decisions


def check(group: Group, decision: Decision, shown: Mapping[str, float] | None = None) -> None:
    """No current between 0 and the minimum, in steps but where one that is shown is left as it is; nothing above the room."""
    by_id = {member.id: member for member in group.members}
    for write in decision.writes:
        member = by_id[write.id]
        assert write.amps == 0 or member.minimum_a <= write.amps <= member.maximum_a
        steps = write.amps / member.step_a
        assert abs(steps - round(steps)) < 1e-6 or write.amps == (shown or {}).get(write.id)
    for n, (room, given_a) in enumerate(zip(decision.room_a, decision.given_a, strict=True)):
        # No reason: it was not read yet since the start, so that it counts like one that is silent.
        lost = sum(
            decision.shares[member.id].amps
            for member in group.members
            if n + 1 in member.phases and decision.shares[member.id].reason in (Reason.MEMBER_SILENT, None)
        )
        # A house wavers within half of the margin; and a contactor stays closed for the one reading that shows too much.
        allowed_a = max(0.0, lost, math.inf if room is None else room) + min(0.5, group.margin_a / 2)
        assert given_a <= allowed_a + 1e-6 or all(
            is_least(decision.shares[member.id].amps, member)
            for member in group.members
            if n + 1 in member.phases
        )


def is_least(amps: float, member: Member) -> bool:
    """Return whether a charger may have no less but nothing: a car may be found to need up to 13 A."""
    return amps <= max(member.minimum_a, 13.0) + member.step_a


@SLOW
@given(groups() | groups(1), st.integers(0, 2**32))
def test_never_above_the_room_and_never_below_the_minimum(group: Group, seed: int) -> None:
    """Whatever the house and the cars do."""
    run(group, Random(seed), 60, sane=True)


@SLOW
@given(groups() | groups(1), st.integers(0, 2**32))
def test_whatever_the_sensors_say(group: Group, seed: int) -> None:
    """Readings that are missing, not numbers or absurd."""
    run(group, Random(seed), 60, sane=False)


@SLOW
@given(groups(), st.integers(0, 2**32), st.randoms())
def test_the_order_of_members_means_nothing(group: Group, seed: int, rng: Random) -> None:
    """The same readings lead to the same shares."""
    members = list(group.members)
    rng.shuffle(members)
    other = replace(group, members=tuple(members))
    one = run(group, Random(seed), 40, sane=True)
    two = run(other, Random(seed), 40, sane=True)
    assert [decision.shares for decision in one] == [decision.shares for decision in two]


@SLOW
@given(groups(), st.lists(st.tuples(NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, WORDS), max_size=20))
def test_nothing_that_is_read_breaks_the_law(group: Group, rows: list[tuple[float, ...]]) -> None:
    """Each number of a charger's reading, and each of the meter's, may be anything."""
    law = Law(group)
    ack, foreign = Acknowledgement(), ForeignChanges()
    for t, (a, b, c, d, e, status) in enumerate(rows):
        for member in group.members:
            load = Load(
                status=status,  # type: ignore[arg-type]
                limit_a=a,
                minimum_a=b,
                maximum_a=c,
                phases=(1, 7),
                drawn_a=None if t % 3 == 0 else (d, e, a)[: t % 4],
            )
            ack.read(a)
            own = Target(current_a=e, reason=Reason.PERSONS_LIMIT, without_a=e)
            law.read_charger(
                t, member.id, load, own=own, is_off_at_charger=t % 5 == 4, ack=ack, foreign=foreign
            )
        law.read_mains(t, (d, e, a))
        decision = law.decide(t)
        check(group, replace(decision, writes=()))
        assert all(write.amps == 0 or write.amps >= 6 for write in decision.writes)
        for write in decision.writes:
            ack.send(t, write.amps)


@SLOW
@given(groups(), st.integers(0, 2**32), st.floats(0.5, 40), st.sampled_from([(0,), (1,), (0, 1, 2)]))
def test_when_room_falls_nobody_rises(group: Group, seed: int, more_a: float, where: tuple[int, ...]) -> None:
    """A reading that leaves less than is given, on any phase, lowers some and raises none."""
    rng = Random(seed)
    law = Law(group)
    offers = {member.id: 0.0 for member in group.members}
    controllers = {member.id: SimulatedController(0.0) for member in group.members}

    def second(t: float, *house: float) -> Decision:
        mains = list(house)
        for member in group.members:
            amps = offers[member.id]
            load = Load(
                status=Status.CHARGING if amps else Status.CONNECTED,
                limit_a=amps,
                minimum_a=6.0,
                maximum_a=32.0,
                step_a=member.step_a,
                phases=(1, 2, 3),
                drawn_a=(amps,) * 3,
            )
            controllers[member.id].read(t, load)
            read(law, t, member.id, load, controllers[member.id].core.ack)
            for phase in member.phases:
                mains[phase - 1] += amps
        law.read_mains(t, mains)
        decision = law.decide(t)
        for write in decision.writes:
            controllers[write.id].give(write.amps)
            if (sent_a := controllers[write.id].command(t)) is not None:
                offers[write.id] = sent_a
                controllers[write.id].accept()
        return decision

    house_a = rng.uniform(0, 20)
    for t in range(90):
        before = second(t, house_a, house_a, house_a)
    after = second(90, *(house_a + more_a if n in where else house_a for n in range(3)))
    spare_a = min(0.5, group.margin_a / 2)
    rooms = [math.inf if room is None else max(0.0, room) + spare_a for room in after.room_a]
    full = {n for n, (amps, room) in enumerate(zip(before.given_a, rooms, strict=True)) if amps > room}
    if full:
        assert all(share.amps <= before.shares[name].amps + 1e-9 for name, share in after.shares.items())
    if any(
        not is_least(before.shares[member.id].amps, member)
        for member in group.members
        if full & {phase - 1 for phase in member.phases}
    ):
        assert sum(after.given_a) < sum(before.given_a)
