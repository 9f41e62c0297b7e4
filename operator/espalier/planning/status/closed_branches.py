"""What a Study's status says of the branches of its space that are closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from espalier.api.reasons import StudyCondition, StudyReason
from espalier.planning.standing.look import Look
from espalier.planning.status.phrase import Phrase
from espalier.planning.world.status_words import condition_of
from espalier.search import ClosedBranch, text_of

ALL_OPEN = "Every value of every parameter may be proposed."
_REOPEN = (
    "To open one again, list it under spec.sampler.closeBranches.keep; to open all, remove "
    "spec.sampler.closeBranches."
)


def branches_phrase(look: Look) -> Phrase | None:
    """Return which branches are closed, why, and how to open them; None where none was to be."""
    search = look.blueprint.search
    rule = None if search is None else search.branches
    closed = () if rule is None else look.snapshot.record.closed
    shut = [each for each in closed if rule and not rule.keeps(each.parameter, each.value)]
    if shut:
        said = " ".join(map(_said, shut))
        return Phrase(True, StudyReason.BRANCH_LOST, f"{said} {_REOPEN}")
    status: Mapping[str, Any] = look.snapshot.study.status
    told = condition_of(status, StudyCondition.BRANCHES_CLOSED) is not None
    return None if rule is None and not told else Phrase(False, StudyReason.ALL_OPEN, ALL_OPEN)


def _said(branch: ClosedBranch) -> str:
    value = text_of(branch.value)
    return (
        f"No trial is proposed with {branch.parameter} {value}: the best of its {branch.trials} "
        f"trials was {branch.behind:.4g} behind the best of all, and the chance that as many more "
        f"as there were in all would beat it was {branch.chance:.2g}."
    )
