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
    | st.just(10**4000)
    | st.sampled_from(["", "true", "FALSE", "1e999", "-0", "1_0", "NaN", "0x10", "\ud800", "\0", "٣"])
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)
