"""What is recorded of a study: its whole curves, and of which trials they are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from espalier.api.judging import exemption_of
from espalier.backtest.curves import Curves, curves_of
from espalier.errors import UsageError
from espalier.pruning import TrialState
from espalier.study_log.log import Event, Log, StoredEnd, StoredObservation

FEWEST_WHOLE = 24
"""Fewer whole curves than this are refused: lists are halves of them, of twelve trials at least."""
REMEDY = (
    "run one study with pruner: {type: Nop}, or raise spec.pruning.exemptPercent, and recommend "
    "from its record"
)


class Sample(StrEnum):
    """Of which trials of a study whole curves are taken."""

    ALL = "All"
    """Nothing was pruned: all that ran to their end."""
    EXEMPT = "Exempt"
    """Those that were exempt from pruning, chosen by hash: a fair sample."""
    SURVIVORS = "Survivors"
    """Those that pruning left: better than trials are, and a biased sample."""


@dataclass(frozen=True)
class RecordedStudy:
    """The whole curves of a study.

    Parameters
    ----------
    curves
        The curves, named as the study.
    sample
        Of which trials they are.
    pruned
        How many trials were pruned, of which nobody knows what they would have done.
    namespace, uid
        Those of the Study whose log it is; empty where it is known by its curves alone.
    """

    curves: Curves
    sample: Sample = Sample.ALL
    pruned: int = 0
    namespace: str = ""
    uid: str = ""

    @property
    def name(self) -> str:
        """The study's name."""
        return self.curves.name


def recorded(log: Log, name: str) -> RecordedStudy:
    """Read a study's log: the exempt trials' curves where there are enough, else all whole ones.

    Curves that were cut are left out. A rule that would have cut sooner is known on them, one that
    would have kept longer is not, so that the two cannot be compared (ADR 0161).

    Raises
    ------
    UsageError
        If no trial ran to its end.
    """
    events = [each for each in log.events if isinstance(each, StoredObservation | StoredEnd)]
    ended = [each for each in events if isinstance(each, StoredEnd)]
    states = Counter(each.end.state for each in ended)
    pruned = states[TrialState.PRUNED]
    if not states[TrialState.COMPLETED]:
        raise UsageError(
            name,
            f"expected trials that ran to their end, got none of {len(ended)} that ended "
            f"({pruned} were pruned); {REMEDY}",
        )
    curves, sample = _curves(log, events, name, pruned)
    return RecordedStudy(curves, sample, pruned, log.study.namespace, log.study.uid)


def _curves(
    log: Log, events: list[StoredObservation | StoredEnd], name: str, pruned: int
) -> tuple[Curves, Sample]:
    if pruned:
        fair = _fair(log, events, name)
        if fair is not None:
            return fair, Sample.EXEMPT
    curves = curves_of(replace(log, events=events), name)
    return curves, Sample.SURVIVORS if pruned else Sample.ALL


def _fair(log: Log, events: list[StoredObservation | StoredEnd], name: str) -> Curves | None:
    """Return the exempt trials' whole curves; None where there are too few."""
    exempt = exemption_of(log.study.settings)
    of_exempt: list[Event] = [each for each in events if exempt(each.trial)]
    try:
        curves = curves_of(replace(log, events=of_exempt), name)
    except UsageError:  # none of them is whole
        return None
    return curves if len(curves) >= FEWEST_WHOLE else None


def check_usable(study: RecordedStudy) -> None:
    """Make sure that something can be told from a study at all.

    Raises
    ------
    UsageError
        If it has too few whole curves, or nothing that a pruner could save or lose.
    """
    curves = study.curves
    if len(curves) < FEWEST_WHOLE:
        cut = f" beside {study.pruned} that were pruned" if study.pruned else ""
        raise UsageError(
            study.name,
            f"expected at least {FEWEST_WHOLE} trials that ran to their end, got {len(curves)}"
            f"{cut}: what a trial would have done after it was cut nobody knows; {REMEDY}",
        )
    if curves.steps < 2:
        raise UsageError(
            study.name,
            "expected trials of several steps, got one step each, of which nothing can be saved; "
            "leave this study out",
        )
    finals = curves.finals[np.isfinite(curves.finals)]
    if not finals.size or not finals.max() > np.median(finals):
        raise UsageError(
            study.name,
            "expected a best trial that is better than the median, got final values that are all "
            "alike or not finite: there is no winner to lose; leave this study out",
        )
