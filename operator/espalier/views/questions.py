"""The questions that can be asked about one study, and what answers each.

The read API serves them, and the commands ask them: of the API, or of an exported log. A question
is a path below the study's, a ``{number}`` in it is a trial's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from espalier.errors import UsageError
from espalier.views.band import band_view
from espalier.views.configurations import MOST_TRIALS as MOST_CONFIGURATIONS
from espalier.views.configurations import configurations_view
from espalier.views.curves import MOST_CURVES, MOST_POINTS, curves_view
from espalier.views.explaining.decided import decided_view
from espalier.views.explaining.of_study import why_study
from espalier.views.explaining.of_trial import MOST_LINES, why_trial
from espalier.views.explaining.risk import risk_view
from espalier.views.explaining.shadows import shadows_view
from espalier.views.gathered import Gathered
from espalier.views.importances import importances_view
from espalier.views.output import output_view
from espalier.views.plain import View, decision_view
from espalier.views.progress import progress_view
from espalier.views.query import Query
from espalier.views.reported import values_view
from espalier.views.savings import savings_view
from espalier.views.study import spec_of, study_view
from espalier.views.timeline import MOST_TRIALS, timeline_view
from espalier.views.trials import SORTS, STATES, ranks_of, sorted_numbers, trial_view

Object = Mapping[str, Any]
Answer = Callable[[Gathered, Object | None, int, Query], View]
"""Answers out of what is known, the Study as the cluster has it (None: it is gone, or nobody was
asked), the trial's number (-1 without one) and the query."""


class Unknown(UsageError):
    """Nothing is known of what was asked about: ask about something else."""


def _study(gathered: Gathered, study: Object | None, _: int, __: Query) -> View:
    return study_view(gathered, study)


def _spec(gathered: Gathered, study: Object | None, _: int, __: Query) -> View:
    return {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "Study",
        "metadata": {"namespace": gathered.study.namespace, "name": gathered.study.name},
        "spec": dict(spec_of(gathered, study)),
    }


def _trials(gathered: Gathered, _: Object | None, __: int, query: Query) -> View:
    numbers = sorted_numbers(
        gathered,
        states=query.listed("state", STATES),
        sort=query.choice("sort", SORTS),
        descending=query.choice("order", ("ascending", "descending")) == "descending",
    )
    ranks = ranks_of(gathered)
    return query.page(numbers, lambda number: trial_view(gathered, number, ranks.get(number)))


def _trial(gathered: Gathered, _: Object | None, number: int, __: Query) -> View:
    return trial_view(gathered, number, ranks_of(gathered).get(number))


def _decisions(gathered: Gathered, _: Object | None, number: int, query: Query) -> View:
    return query.page([decision_view(stored) for stored in gathered.decisions(number)])


def _values(gathered: Gathered, _: Object | None, number: int, query: Query) -> View:
    return values_view(gathered, number, query)


def _curves(gathered: Gathered, _: Object | None, __: int, query: Query) -> View:
    return curves_view(
        gathered,
        trials=query.numbers("trial"),
        most=query.number("most", MOST_CURVES, most=10_000),
        points=query.number("points", MOST_POINTS, most=2000),
    )


def _output(gathered: Gathered, _: Object | None, number: int, __: Query) -> View:
    return output_view(gathered, number)


def _why_trial(gathered: Gathered, _: Object | None, number: int, query: Query) -> View:
    return why_trial(
        gathered,
        number,
        step=query.number("step", 0, most=2**62) if query.text("step") else None,
        counterfactual=query.choice("counterfactual", ("no", "yes")) == "yes",
        most=query.number("limit", MOST_LINES, most=10_000),
    )


def _why_study(gathered: Gathered, study: Object | None, _: int, __: Query) -> View:
    return why_study(gathered, study)


def _risk(gathered: Gathered, study: Object | None, _: int, __: Query) -> View:
    return risk_view(gathered, study)


def _shadows(gathered: Gathered, study: Object | None, _: int, __: Query) -> View:
    return shadows_view(gathered, study)


def _decided(gathered: Gathered, _: Object | None, __: int, query: Query) -> View:
    return decided_view(gathered, query)


def _band(gathered: Gathered, _: Object | None, __: int, ___: Query) -> View:
    return band_view(gathered)


def _timeline(gathered: Gathered, _: Object | None, __: int, query: Query) -> View:
    return timeline_view(gathered, most=query.number("most", MOST_TRIALS, most=10_000))


def _progress(gathered: Gathered, _: Object | None, __: int, ___: Query) -> View:
    return progress_view(gathered)


def _configurations(gathered: Gathered, study: Object | None, _: int, query: Query) -> View:
    most = query.number("most", MOST_CONFIGURATIONS, most=10_000)
    return configurations_view(gathered, study, most=most)


def _importances(gathered: Gathered, _: Object | None, __: int, ___: Query) -> View:
    return importances_view(gathered)


def _savings(gathered: Gathered, study: Object | None, _: int, __: Query) -> View:
    return savings_view(gathered, study)


QUESTIONS: Mapping[str, Answer] = {
    "": _study,
    "spec": _spec,
    "trials": _trials,
    "trials/{number}": _trial,
    "trials/{number}/decisions": _decisions,
    "trials/{number}/output": _output,
    "trials/{number}/why": _why_trial,
    "why": _why_study,
    "risk": _risk,
    "shadows": _shadows,
    "decisions": _decided,
    "trials/{number}/values": _values,
    "curves": _curves,
    "band": _band,
    "timeline": _timeline,
    "progress": _progress,
    "configurations": _configurations,
    "importances": _importances,
    "savings": _savings,
}
"""What answers each question, by its path."""
_NUMBER = re.compile(r"(?<=/)\d{1,12}(?=/|$)")


def answer(gathered: Gathered, study: Object | None, path: str, query: Query) -> View:
    """Answer a question about a study.

    Parameters
    ----------
    study
        The Study as the cluster has it; None where it is gone, or nobody was asked.
    path
        What is asked: a key of `QUESTIONS`, with a number in the place of ``{number}``.

    Raises
    ------
    Unknown
        If there is no such question, or no such trial.
    UsageError
        If the query asks for what there cannot be.
    """
    found = _NUMBER.search(path)
    number = -1 if found is None else int(found.group())
    question = QUESTIONS.get(_NUMBER.sub("{number}", path, count=1))
    if question is None:
        raise Unknown("", f"expected one of {', '.join(QUESTIONS)!r}, got {path[:80]!r}")
    known = (gathered.made, gathered.values, gathered.ends)
    if found is not None and not any(number in each for each in known):
        name = f"{gathered.study.namespace}/{gathered.study.name}"
        raise Unknown(
            "", f"nothing is stored of a trial {number} of {name}; name one of its trials"
        )
    return question(gathered, study, number, query)
