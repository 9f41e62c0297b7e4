"""The checks of a whole batch, before anything of it is judged."""

from __future__ import annotations

from espalier.engine.reports.limits import ValueLimits
from espalier.engine.reports.room import check_room
from espalier.engine.reports.study_writer import StudyWriter
from espalier.engine.reports.submission import Binding, CheckedBatch
from espalier.engine.reports.taking import Taking
from espalier.errors import ReportError
from espalier.pruning import Receipt


def admit(
    study: StudyWriter,
    binding: Binding,
    batch: CheckedBatch,
    stored: dict[tuple[str, int], float],
    limits: ValueLimits,
) -> Taking:
    """Check a batch; the study's `go_on` takes it, its `end` must follow.

    Parameters
    ----------
    study : StudyWriter
        Of which nobody else is taking a batch.
    binding : Binding
        Whose values they are.
    batch : CheckedBatch
        What came.
    stored : dict
        Of a trial whose values are not in memory, those of the batch that are stored.
    limits : ValueLimits
        What the trial and the study may have.

    Raises
    ------
    ReportError
        If a value contradicts one that is stored, or is one too many; nothing of it was taken.
    """
    trial, reports = study.trial(binding.number), batch.reports
    try:
        news = trial.news(binding.attempt, reports, stored)
    except ReportError:
        study.contradicted(binding.number)
        raise
    curve, terms = study.judge.ledger.curve(binding.number), study.row.terms
    check_room(
        limits,
        reports,
        news,
        of_study=study.seq,
        of_trial=trial.count,
        names=trial.names,
        judged=len(curve) + max(len(curve.behind), len(curve.notes)),
        counts=lambda report: terms.judges(report.metric, report.step),
    )
    repeated = len(reports) - len(news)
    taking = Taking(trial, binding.attempt, [reports[index] for index in news], repeated)
    if repeated:
        taking.count(Receipt.REPEATED, repeated)
        taking.commit = study.on_its_way()
    trial.in_flight += 1
    return taking
