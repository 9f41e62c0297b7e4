"""How a trial is named on the command line."""

from __future__ import annotations

import pytest

from espalier.cli.study_name import StudyName
from espalier.cli.trial_name import TrialName, read_trial_name
from espalier.errors import UsageError


@pytest.mark.parametrize(
    ("text", "namespace", "found"),
    [
        ("digits-7", None, TrialName("here", "digits-7", StudyName("here", "digits"), 7)),
        ("ml/digits-7", None, TrialName("ml", "digits-7", StudyName("ml", "digits"), 7)),
        ("a-1-20", "ml", TrialName("ml", "a-1-20", StudyName("ml", "a-1"), 20)),
        ("mine", None, TrialName("here", "mine", None, None)),
        ("digits-7r1", None, TrialName("here", "digits-7r1", None, None)),
    ],
)
def test_a_name_tells_study_and_number_where_it_can(
    text: str, namespace: str | None, found: TrialName
) -> None:
    assert read_trial_name(text, namespace, "here") == found


@pytest.mark.parametrize("text", ["", "Digits-7", "a/b/c", "-7", "x" * 300, "a\nb"])
def test_anything_else_is_said_in_words(text: str) -> None:
    with pytest.raises(UsageError, match="TRIAL: expected NAME or NAMESPACE/NAME of a trial"):
        read_trial_name(text)
