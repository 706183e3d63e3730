"""Anything that a sheet may hold, for Hypothesis."""

from hypothesis import strategies as st

THAI = "".join(map(chr, range(0x0E01, 0x0E3B))) + "".join(map(chr, range(0x0E3F, 0x0E5C)))
TYPED = THAI + "0123456789 /.-:,()+'\u200b\u00a0eEกขพศ"

any_text = st.text(max_size=60) | st.text(alphabet=TYPED, max_size=40)
any_cell = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(0, 400_000),
    st.floats(),
    st.dates(),
    st.datetimes(),
    any_text,
    any_text.map(lambda text: text * 10),
)


def outcome(reading):
    """(value, code of the problem)."""
    return reading.value, reading.problem.code if reading.problem else None
