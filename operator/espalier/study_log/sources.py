"""An earlier study out of its log, as `espalier export` or `espalier import` has written it."""

from __future__ import annotations

from espalier.declared.bounds import LARGEST_STEP
from espalier.planning.proposing.source_curves import SourceCurves
from espalier.planning.proposing.taking_over import SourceStudy, SourceTrial
from espalier.planning.world.parameters_text import parameters_of_text
from espalier.planning.world.record import End
from espalier.study_log.log import Log, StoredEnd, StoredObservation, StoredProposal


def source_of(log: Log, path: str, kind: str, name: str) -> SourceStudy:
    """Return the study of a log.

    What that study itself took over from others is left out: whoever wants it names those.

    Parameters
    ----------
    log
        Its events are gone through once.
    path, kind, name
        See `SourceStudy`.
    """
    row = log.study
    curves, ends = SourceCurves(row.terms), list[tuple[int, End]]()
    proposed: dict[int, str] = {}
    for each in log.events:
        match each:
            case StoredObservation():
                curves.take(each.trial, each.metric, each.step, each.value)
            case StoredEnd():
                ends.append((each.trial, each.end))
            case StoredProposal(parameters=str(text)):
                proposed[each.trial] = text
    made = {number: made.parameters for number, made in log.made.items()}
    trials, left_out = curves.trials(ends, proposed | made)
    written = () if log.earlier is None else log.earlier.trials
    trials += [
        SourceTrial(
            each.number,
            parameters_of_text(each.parameters),
            each.outcome,
            each.steps,
            each.values,
        )
        for each in written
        if each.study == row.uid
    ]
    return SourceStudy(
        path=path,
        kind=kind,
        name=name,
        uid=row.uid,
        metric=row.terms.metric,
        direction=row.terms.direction,
        horizon=None if row.terms.horizon == LARGEST_STEP else row.terms.horizon,
        trials=trials,
        left_out=left_out,
    )
