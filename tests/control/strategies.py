"""Claims, baselines and bounds for property tests."""

from hypothesis import strategies as st

from custom_components.evse_pilot.control.claim import Baseline, Bounds, Claim, Reason, Source

AMPS = st.floats(0, 80, allow_nan=False).map(lambda amps: round(amps, 1))
MODES = st.sampled_from([None, "normal", "solar"])
PHASES = st.sampled_from([None, 1, 3])


@st.composite
def claims_of(draw: st.DrawFn, source: Source) -> Claim:
    """Return a claim of one source; a group never claims a mode or phases."""
    fuse = source in (Source.GROUP, Source.SAFETY)
    return Claim(
        source=source,
        reason=draw(st.sampled_from(Reason)),
        max_current_a=draw(st.none() | AMPS),
        pause=draw(st.booleans()),
        mode=None if fuse else draw(MODES),
        phases=None if fuse else draw(PHASES),
    )


@st.composite
def several_claims(draw: st.DrawFn) -> list[Claim]:
    """Return at most one claim of each source, in any order."""
    sources = draw(st.permutations(list(Source)))
    return [draw(claims_of(source)) for source in sources if draw(st.booleans())]


BASELINES = st.builds(Baseline, current_a=st.none() | AMPS, paused=st.booleans(), mode=MODES, phases=PHASES)
BOUNDS = st.builds(
    Bounds,
    minimum_a=st.sampled_from([6.0, 7.0, 9.0, 10.0]),
    maximum_a=st.sampled_from([10.0, 13.0, 16.0, 32.0, 80.0]),
    step_a=st.sampled_from([0.1, 0.5, 1.0]),
)
