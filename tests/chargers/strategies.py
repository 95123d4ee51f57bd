"""Values that an untrusted reply may contain."""

from hypothesis import strategies as st

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.integers().map(str)
    | st.floats().map(str)
    | st.sampled_from([10**4000, -(10**4000), 2**63, 2**64, 1e400, -1e400, 5e-324])
    | st.sampled_from(["", "true", "FALSE", "1e999", "-0", "1_0", "NaN", "0x10", "\ud800", "\0", "٣"])
    | st.sampled_from(["9" * 5000, "-Infinity", "1e400", "\x1b[31m" * 100, "x" * 100_000, "\u202e", " 7\0"])
    | st.datetimes(timezones=st.none() | st.timezones()).map(str)
    | st.sampled_from(
        ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2015-W01-1T00", "2015-01-01"]
    )
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)
