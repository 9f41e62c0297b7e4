"""Conditions keep what the Kubernetes API conventions ask for."""

from hypothesis import given
from hypothesis import strategies as st

from espalier.api.conditions import (
    MAX_MESSAGE,
    find_condition,
    set_condition,
    shorten,
    timestamp,
)

types = st.sampled_from(["Accepted", "Progressing", "Succeeded", "Degraded"])
settings_ = st.tuples(types, st.sampled_from([True, False, None]), st.integers(0, 4 * 10**9))


def test_a_first_condition_has_all_its_fields():
    assert set_condition([], "Accepted", True, "SpecAccepted", "Fine.", 3, 1_700_000_000.9) == [
        {
            "type": "Accepted",
            "status": "True",
            "observedGeneration": 3,
            "lastTransitionTime": "2023-11-14T22:13:20Z",
            "reason": "SpecAccepted",
            "message": "Fine.",
        }
    ]


def test_the_time_is_kept_while_the_status_stays_and_the_rest_changes():
    before = set_condition([], "Degraded", True, "TrialsFailing", "One.", 1, 100)
    after = set_condition(before, "Degraded", True, "NoMetricYet", "Two.", 2, 200)
    assert after[0]["lastTransitionTime"] == timestamp(100)
    assert (after[0]["reason"], after[0]["message"], after[0]["observedGeneration"]) == (
        "NoMetricYet",
        "Two.",
        2,
    )


def test_the_time_is_new_when_the_status_changes():
    before = set_condition([], "Degraded", True, "TrialsFailing", "One.", 1, 100)
    after = set_condition(before, "Degraded", None, "AsExpected", "", 1, 200)
    assert after[0]["lastTransitionTime"] == timestamp(200)


def test_an_absent_condition_is_not_found():
    assert find_condition([], "Accepted") is None


@given(st.lists(settings_, max_size=12))
def test_conditions_are_one_of_a_type_in_order_of_first_appearance(given_):
    conditions = []
    for type_, status, now in given_:
        untouched = [dict(each) for each in conditions]
        new = set_condition(conditions, type_, status, "Reason", "text", 1, now)
        assert conditions == untouched
        conditions = new
    assert [each["type"] for each in conditions] == list(dict.fromkeys(t for t, _, _ in given_))
    for type_, status, _ in {each[0]: each for each in given_}.values():
        expected = {True: "True", False: "False", None: "Unknown"}[status]
        assert find_condition(conditions, type_)["status"] == expected


@given(settings_)
def test_setting_a_condition_again_changes_nothing(setting):
    type_, status, now = setting
    once = set_condition([], type_, status, "Reason", "text", 1, now)
    assert set_condition(once, type_, status, "Reason", "text", 1, now + 1000) == once


@given(st.sampled_from("aé🌳"), st.integers(0, 3000))
def test_a_message_fits_into_the_crd(letter, length):
    text = letter * length
    (condition,) = set_condition([], "Accepted", False, "SpecRefused", text, 1, 0)
    assert len(condition["message"]) <= MAX_MESSAGE
    assert condition["message"] == text or condition["message"].endswith("…")


def test_a_time_is_written_to_the_second_in_utc():
    assert timestamp(0.999) == "1970-01-01T00:00:00Z"
    assert timestamp(4 * 10**9) == "2096-10-02T07:06:40Z"


def test_a_text_that_fits_is_left_alone():
    assert shorten("abc", 3) == "abc"
    assert shorten("abcd", 3) == "ab…"
