"""A study's figures for the metrics, made from the last look at it."""

from __future__ import annotations

from collections import Counter

from espalier.metrics.figures import Cost, StudyFigures
from espalier.planning.costs.costs import Amount, Costs
from espalier.planning.standing.look import Look
from espalier.planning.status.of_trial import phase_of


def study_figures(look: Look, costs: Costs) -> StudyFigures:
    """Return what a scrape shows of a study; of one that cannot be read, its conditions."""
    study, record, tally = look.snapshot.study, look.snapshot.record, look.tally
    conditions = {
        str(each["type"]): str(each["status"]) for each in study.status.get("conditions") or ()
    }
    if study.spec is None:
        return StudyFigures(study.namespace, study.name, "", "", "", conditions=conditions)
    spec, summary = study.spec, record.summary
    phases, prunings = Counter(tally.phases), Counter(tally.prunings)
    phases.update(str(phase_of(standing)) for standing in look.going_on)
    prunings.update(
        (standing.record.prune.pruner, str(standing.record.prune.reason))
        for standing in look.going_on
        if standing.record.prune is not None
    )
    best = look.record(record.best).latest if record.best is not None else None
    rate = summary.false_prune_rate if summary else None
    return StudyFigures(
        namespace=study.namespace,
        study=study.name,
        pruner=str(spec.pruner.type),
        direction=str(spec.objective.direction),
        objective=spec.objective.metric,
        trials=+phases,
        endings=+tally.endings,
        prunings=+prunings,
        gpu_seconds=_cost(costs.gpu_seconds),
        trial_seconds=_cost(costs.trial_seconds),
        steps=_cost(costs.steps),
        best_value=best,
        risk_stated=summary.risk_stated if summary else None,
        risk_spent=summary.risk_spent if summary and summary.risk_stated is not None else None,
        false_prune_rate=rate,
        false_prune_interval=(
            (summary.false_prune_low, summary.false_prune_high)
            if summary and rate is not None
            else None
        ),
        breaker_open=bool(summary and summary.breaker_open),
        shadows={shadow.name: shadow.would_prune for shadow in summary.shadows} if summary else {},
        conditions=conditions,
    )


def _cost(amount: Amount) -> Cost:
    saved = amount.saved
    if saved is None:
        return Cost(amount.used)
    return Cost(amount.used, saved.expected, (saved.low, saved.high))
