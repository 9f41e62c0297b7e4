"""The closed lists of reasons say enough, once, and fit into a condition."""

import re
from pathlib import Path

import pytest

from espalier.api import reasons
from espalier.api.reasons import (
    ENDING_BY_REASON,
    ENDINGS,
    Phase,
    Retry,
    StudyCondition,
    StudyReason,
    TrialCondition,
    TrialReason,
)
from espalier.pruning import TrialState

ROOT = Path(__file__).resolve().parents[2]
REASONS = [*StudyReason, *TrialReason]


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.reason)
def test_an_ending_is_a_word_with_a_sentence(ending):
    assert re.fullmatch(r"[A-Z][A-Za-z]{1,62}", ending.reason)
    assert ending.sentence.endswith(".")
    assert ending.phase in Phase
    assert ending.state is not TrialState.RUNNING


def test_each_ending_has_its_own_reason():
    assert len(ENDING_BY_REASON) == len(ENDINGS)


def test_only_a_failure_of_the_trials_own_counts_and_uses_up_retries():
    for ending in ENDINGS:
        assert not ending.counts or ending.state is TrialState.FAILED
        assert ending.retry is not Retry.COUNTED or ending.counts
        assert ending.retry is not Retry.FREE or not ending.counts


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: f"{reason.type} {reason}")
def test_a_reason_is_a_word_with_a_sentence_and_a_condition(reason):
    assert re.fullmatch(r"[A-Z][A-Za-z]{1,62}", reason)
    assert reason.sentence.endswith(".")
    conditions = StudyCondition if isinstance(reason, StudyReason) else TrialCondition
    assert reason.type in list(conditions)


def test_every_condition_has_a_reason():
    assert {reason.type for reason in StudyReason} == set(StudyCondition)
    assert {reason.type for reason in TrialReason} == set(TrialCondition)


def test_a_trial_reason_is_not_also_an_ending():
    assert not set(TrialReason) & set(ENDING_BY_REASON)


SOURCES = "".join(
    path.read_text()
    for path in (ROOT / "operator" / "espalier").rglob("*.py")
    if path.name != "reasons.py"
)


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: f"{reason.type} {reason}")
def test_every_reason_is_given_somewhere(reason):
    assert f"{type(reason).__name__}.{reason.name}" in SOURCES


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.reason)
def test_every_ending_is_recorded_somewhere(ending):
    (name,) = [name for name, value in vars(reasons).items() if value is ending]
    assert re.search(rf"\b{name}\b", SOURCES)
