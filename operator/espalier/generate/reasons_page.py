"""The reference of reasons: docs/reference/reasons.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from espalier.api.reasons import ENDINGS, ConditionReason, Ending, Retry, StudyReason, TrialReason
from espalier.generate.markdown import NOTE, table
from espalier.planning.attempts.checks import ATTEMPT_CHECKS
from espalier.planning.endings.checks import ENDING_CHECKS, Follows
from espalier.planning.obstacles.of_trial import OBSTACLES
from espalier.planning.ordered_checks import Check
from espalier.pruning.decisions.reason import Reason


def reasons_page() -> str:
    """Write the reference of all reasons, in Markdown."""
    lines = [
        NOTE,
        "# Reasons",
        "",
        "Every condition, ending and decision carries a reason out of these closed lists; its"
        " message adds the numbers and the remedy of the case at hand.",
        "",
        "## How a trial ends",
        "",
        "Reason of the Trial's condition `Finished`. *Retry*: whether a new attempt follows:"
        " never, counted against `spec.trials.retries`, or free. *Counts*: whether it counts"
        " towards `spec.trials.maxFailed`.",
        "",
    ]
    lines += table(
        ("reason", "phase", "retry", "counts", "meaning"),
        [
            (
                f"`{ending.reason}`",
                ending.phase.value,
                ending.retry.value.lower(),
                "yes" if ending.counts else "no",
                ending.sentence,
            )
            for ending in ENDINGS
        ],
    )
    lines += _checks()
    lines += _conditions("Conditions of a Study", StudyReason)
    lines += [
        "",
        "## What is in the way",
        "",
        "`Degraded` says the first of these that is so. A patience is a flag of the operator"
        " (`pod_patience`: `--pod-patience-seconds`); it is counted from when a trial came further"
        " last, by the operator's own clock.",
        "",
    ]
    lines += table(
        ("reason", "said when"),
        [(f"`{obstacle.reason}`", obstacle.when) for obstacle in OBSTACLES],
    )
    lines += _conditions("Conditions of a Trial, besides its endings", TrialReason)
    lines += ["", "## Decisions", "", "Why a pruner keeps or prunes a trial.", ""]
    lines += table(
        ("reason", "meaning"), [(f"`{reason.value}`", reason.meaning) for reason in Reason]
    )
    return "\n".join(lines) + "\n"


_TREATMENT = {
    Retry.NEVER: "final",
    Retry.COUNTED: "retried and counted",
    Retry.FREE: "retried free",
}


def _checks() -> list[str]:
    """Print the very lists that the operator goes through, in their order."""
    return [
        "",
        "## How it is told that a trial has ended",
        "",
        "The operator goes through this list from the top; the first check that holds decides, and"
        " where none does the trial goes on. What was recorded when it was seen comes before what"
        " a pod or a Job says by now.",
        "",
        *_check_table(ENDING_CHECKS),
        "",
        "A trial that would go on when its study ends is `StudyEnded`, or `BudgetSpent`"
        " where its budget is spent; one whose Job was never made"
        " because of its parameters is `ParametersRefused`.",
        "",
        "## How an attempt has ended",
        "",
        "The same, for a trainer (the container `spec.trainerContainer`) that has ended. *Of its"
        " own accord* means before anybody told its pod to end. *Retried free*: the trial goes on"
        " as a new attempt, until the operator gives up after 20 that were disrupted (never for"
        " `Suspended`). *Retried and counted*: out of `spec.trials.retries`.",
        "",
        *_check_table(ATTEMPT_CHECKS),
    ]


def _check_table(checks: Sequence[Check[Any, Any]]) -> list[str]:
    return table(
        ("", "check", "it holds when", "ending", "treatment"),
        [
            (str(number), f"`{check.name}`", check.sentence, *_treated(check.ending))
            for number, check in enumerate(checks, 1)
        ],
    )


def _treated(ending: Ending | Follows | None) -> tuple[str, str]:
    if ending is None:
        return "", "goes on"
    if isinstance(ending, Follows):
        return ending.value, "below" if ending is Follows.LAST else "final"
    return f"`{ending.reason}`", _TREATMENT[ending.retry]


def _conditions(title: str, reasons: Iterable[ConditionReason]) -> list[str]:
    rows = [(reason.type, f"`{reason.value}`", reason.sentence) for reason in reasons]
    return ["", f"## {title}", "", *table(("condition", "reason", "meaning"), rows)]
