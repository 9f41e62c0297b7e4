"""When all trials of a study have ended, what they came to is stored beside its log."""

from __future__ import annotations

from collections.abc import Mapping

from espalier.engine.reports.rule_numbers import RuleNumbers
from espalier.planning.world.record import TrialRecord
from espalier.pruning import JudgeSummary
from espalier.store import Batch, figures_row, summary_text


class Settling:
    """What the store knows of a study at rest.

    Whatever is written to the study takes that knowledge back in the same transaction, so that it
    is never older than the log.

    Parameters
    ----------
    settled : bool
        Whether the store has the summary of the study at rest.
    figured : set of int
        Trials whose figures are stored; those of an ended trial never change.
    """

    def __init__(self, settled: bool = False, figured: frozenset[int] = frozenset()) -> None:
        self.settled = settled
        self._figured = set(figured)

    def stir(self, rows: Batch) -> None:
        """Take in that rows will be written."""
        rows.stirs = self.settled
        self.settled = False

    def settle(
        self,
        study: int,
        trials: Mapping[int, TrialRecord],
        summary: JudgeSummary,
        rules: RuleNumbers,
    ) -> Batch:
        """Return what is to be stored of a study whose trials have all ended.

        Parameters
        ----------
        study : int
            The study's number in the store.
        trials, summary
            What they came to, and what the judge has to say.
        rules : RuleNumbers
            The number of each pruner with its settings.
        """
        figures = [
            figures_row(study, trial, _rule_of(trial, rules))
            for number, trial in trials.items()
            if number not in self._figured
        ]
        return Batch(study, figures=figures, summary=summary_text(summary))

    def stored(self, trials: Mapping[int, TrialRecord]) -> None:
        """Take in that the figures of these trials are stored."""
        self._figured.update(trials)


def _rule_of(trial: TrialRecord, rules: RuleNumbers) -> int | None:
    return None if trial.decision is None else rules.find(trial.decision)
