"""Strategies that draw parameter spaces, conditions included."""

from hypothesis import strategies as st

from espalier.search import Choice, FloatRange, IntRange, Parameter, Scale, Space, When

finite = st.floats(-1e6, 1e6, allow_nan=False, allow_infinity=False)


stepped = st.booleans()


@st.composite
def float_ranges(draw, steps=stepped):
    low = draw(finite)
    high = low + draw(st.floats(1e-3, 1e6))
    if draw(steps):
        return FloatRange(low, high, step=(high - low) / draw(st.floats(1, 1000)))
    if low > 0 and draw(st.booleans()):
        return FloatRange(low, high, Scale.LOG)
    return FloatRange(low, high)


@st.composite
def int_ranges(draw, largest=10**9):
    low = draw(st.integers(-largest, largest))
    width = draw(st.integers(1, largest))
    if low > 0 and draw(st.booleans()):
        return IntRange(low, low + width, Scale.LOG)
    return IntRange(low, low + width, step=draw(st.none() | st.integers(1, width)))


texts = st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=4)
choices = st.lists(
    texts | st.integers(-5, 5) | st.booleans(), min_size=1, max_size=5, unique_by=repr
).map(lambda values: Choice(tuple(values)))


@st.composite
def spaces(draw, domains, most=6):
    """A space whose conditions form trees of any shape."""
    parameters = []
    for index in range(draw(st.integers(1, most))):
        parents = [p for p in parameters if not isinstance(p.domain, FloatRange)]
        when = None
        if parents and draw(st.booleans()):
            parent = draw(st.sampled_from(parents))
            legal = [parent.domain.at(i) for i in range(min(parent.domain.size, 5))]
            values = draw(st.lists(st.sampled_from(legal), min_size=1, max_size=3))
            when = When(parent.name, tuple(values))
        parameters.append(Parameter(f"p{index}", draw(domains), when))
    return Space(tuple(parameters))


any_domain = st.one_of(float_ranges(), int_ranges(), choices)
small_domain = st.one_of(
    choices,
    st.builds(
        lambda low, width, step: IntRange(low, low + width, step=min(step, width)),
        st.integers(-3, 3),
        st.integers(1, 4),
        st.integers(1, 2),
    ),
    st.builds(
        lambda low, count: FloatRange(low / 10, low / 10 + count / 10, step=0.1),
        st.integers(-3, 3),
        st.integers(1, 3),
    ),
)
