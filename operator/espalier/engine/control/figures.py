"""A study's figures for the metrics, made from the last look at it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from espalier.api.reasons import TrialCondition
from espalier.metrics.figures import Cost, StudyFigures
from espalier.planning.costs.costs import Amount, Costs
from espalier.planning.standing.look import Look
from espalier.planning.standing.standing import Standing
from espalier.planning.status.of_trial import phase_of
from espalier.planning.world.observe import seconds
from espalier.planning.world.snapshot import StudyView
from espalier.planning.world.status_words import condition_of
from espalier.pruning import Leader


def study_figures(look: Look, costs: Costs) -> StudyFigures:
    """Return what a scrape shows of a study; of one that cannot be read, its conditions."""
    study, record, tally = look.snapshot.study, look.snapshot.record, look.tally
    bare = _said(study)
    if study.spec is None:
        return bare
    spec, summary = study.spec, record.summary
    phases, prunings = Counter(tally.phases), Counter(tally.prunings)
    phases.update(str(phase_of(standing)) for standing in look.going_on)
    prunings.update(
        (standing.record.prune.pruner, str(standing.record.prune.reason))
        for standing in look.going_on
        if standing.record.prune is not None
    )
    named = _named_by_repeats(study.status)
    number = record.leading if named is None else int(named["number"])
    best = look.record(number).latest if number is not None else None
    leader = record.leaders[0] if record.leaders and named is None else None
    rate = summary.false_prune_rate if summary else None
    return replace(
        bare,
        pruner=str(spec.pruner.type),
        direction=str(spec.objective.direction),
        trials=+phases,
        endings=+tally.endings,
        prunings=+prunings,
        gpu_seconds=_cost(costs.gpu_seconds),
        trial_seconds=_cost(costs.trial_seconds),
        steps=_cost(costs.steps),
        best_value=best,
        best_expected=leader.expected if leader and leader.low is not None else None,
        best_expected_interval=_expected_interval(leader),
        best_sure=leader.sure if leader else None,
        best_mean=None if named is None else float(named["mean"]),
        best_mean_interval=_mean_interval(named),
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
        unheard=sum(_is_unheard(standing) for standing in look.going_on),
        budget=_budget(study.status),
    )


def _said(study: StudyView) -> StudyFigures:
    """Return what the Study itself says, whether or not its spec can be read."""
    status = study.status
    conditions = status.get("conditions") or ()
    planned = str(status.get("ended") or "").partition("/")[2]
    return StudyFigures(
        namespace=study.namespace,
        study=study.name,
        pruner="",
        direction="",
        conditions={str(each["type"]): str(each["status"]) for each in conditions},
        reasons={str(each["type"]): str(each.get("reason", "")) for each in conditions},
        state=str(status.get("state") or ""),
        started_at=seconds(status.get("startTime")),
        ended_at=seconds(status.get("completionTime")),
        planned=int(planned) if planned.isdecimal() else 0,
    )


def _budget(status: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    """Return the shares of the limits that are used, as the Study tells them."""
    return {
        (str(limit["name"]), bound): float(limit["usedHours"]) / amount if amount > 0.0 else 1.0
        for limit in (status.get("budget") or {}).get("limits") or ()
        for bound in ("soft", "hard")
        if (amount := limit.get(f"{bound}Hours")) is not None
    }


def _named_by_repeats(status: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the best trial as the Study tells it, if repeats have named it."""
    best = status.get("best") or {}
    return best if best.get("mean") is not None else None


def _mean_interval(named: Mapping[str, Any] | None) -> tuple[float, float] | None:
    if named is None or named.get("meanLow") is None or named.get("meanHigh") is None:
        return None
    return float(named["meanLow"]), float(named["meanHigh"])


def _is_unheard(standing: Standing) -> bool:
    """Whether a Trial says that nothing is heard of it."""
    status = standing.view.status if standing.view is not None else {}
    said = condition_of(status, TrialCondition.NOTHING_HEARD)
    return said is not None and said.get("status") == "True"


def _expected_interval(leader: Leader | None) -> tuple[float, float] | None:
    if leader is None or leader.low is None or leader.high is None:
        return None
    return leader.low, leader.high


def _cost(amount: Amount) -> Cost:
    saved = amount.saved
    if saved is None:
        return Cost(amount.used)
    return Cost(amount.used, saved.expected, (saved.low, saved.high))
