"""What sidecars have heard: whatever they say, it is refused or short, and so is what is kept."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from espalier.engine.reports.heard import Hearings, checked_heard
from espalier.engine.reports.submission import Binding
from espalier.errors import ReportError
from espalier.planning.world.heard import Heard

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
ROW = st.fixed_dictionaries(
    {
        **dict.fromkeys(("type", "source", "fault", "passed_over"), st.text(max_size=400)),
        **dict.fromkeys(("seen", "matched", "bad"), st.integers(-1, 2**53)),
        "names": st.lists(st.text(max_size=300), max_size=30),
        "mismatches": st.lists(st.lists(st.text(max_size=300), min_size=3, max_size=3)),
    }
)
SPOILT = st.builds(
    lambda row, key, value: {**row, key: value},
    ROW,
    st.sampled_from(["type", "seen", "names", "mismatches", "more"]),
    JSON,
)


def taken(listed: object) -> tuple[tuple[Heard, ...], ReportError | None]:
    try:
        return checked_heard(listed), None
    except ReportError as error:
        return (), error


@given(JSON | st.lists(JSON | ROW | SPOILT, max_size=20))
def test_whatever_comes_is_refused_with_its_place_or_short_and_clean(listed: object) -> None:
    heard, refused = taken(listed)
    assert refused is None or "expected" in refused.message
    for each in heard:
        mismatches = [part for mismatch in each.mismatches for part in mismatch]
        texts = [each.type, each.source, each.fault, each.passed_over, *each.names, *mismatches]
        assert all(len(text) <= 256 and text.isprintable() for text in texts)
        assert len(texts) <= 4 + 20 + 30
        assert min(each.seen, each.matched, each.bad) >= 0


def binding(number: int, attempt: int = 1, study: str = "s") -> Binding:
    return Binding(f"pod-{number}-{attempt}", "ns", "pod", study, f"s-{number}", number, attempt)


def test_the_newest_pod_of_a_trial_has_the_last_word() -> None:
    hearings = Hearings()
    first, second, third = ((Heard("Log", fault=word),) for word in ("a", "b", "c"))
    hearings.take(binding(1), first)
    before = hearings.of("s")
    hearings.take(binding(1, attempt=2), second)
    hearings.take(binding(1), third)
    assert hearings.of("s") == {1: second}
    assert before == {1: first}  # what planning was given stays as it was


@given(st.lists(st.tuples(st.sampled_from("stu"), st.integers(0, 9), st.booleans())))
def test_no_more_trials_are_remembered_than_may_be(story: list[tuple[str, int, bool]]) -> None:
    hearings = Hearings(most=5)
    order: list[tuple[str, int]] = []
    for study, number, says in story:
        order = [each for each in order if each != (study, number)]
        if says:
            hearings.take(binding(number, study=study), (Heard("Log"),))
            order.append((study, number))
        else:
            hearings.forget(study, number)
        order = order[-5:]
        known = {(study, number) for study in "stu" for number in hearings.of(study)}
        assert known == set(order)
    hearings.forget_study("s")
    assert hearings.of("s") == {}
