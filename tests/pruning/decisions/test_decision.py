"""A decision says in words what was compared, and survives JSON."""

import json

import pytest

from espalier.pruning import Action, Decision, Reason


def decision(**evidence):
    return Decision(
        trial=6,
        attempt=1,
        step=23,
        action=Action.PRUNE,
        reason=Reason.WORSE_THAN_PERCENTILE,
        evidence={"peers": 6, "percentile": 50, **evidence},
        rung=None,
        bracket=None,
        pruner="Median",
        settings={},
    )


@pytest.mark.parametrize(
    ("value", "threshold", "words"),
    [
        (0.25, 0.5, "0.25 at step 23 is worse than 0.5,"),
        (1 / 3, 0.5, "0.333333 at step 23 is worse than 0.5,"),
        (
            354 / 360,
            0.9833333333333334,
            "0.9833333333333333 at step 23 is worse than 0.98333333333",
        ),
    ],
    ids=[
        "short numbers are written as they are",
        "long numbers are rounded",
        "numbers that rounding would make equal keep all their digits",
    ],
)
def test_a_sentence_has_the_numbers_that_were_compared(value, threshold, words):
    assert words in decision(value=value, threshold=threshold).sentence()


def test_a_decision_survives_json():
    made = decision(value=float("inf"), threshold=1.0)
    assert Decision.from_dict(json.loads(json.dumps(made.to_dict()))) == made
