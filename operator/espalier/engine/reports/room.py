"""Whether a trial and its study have room for the values that came."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from espalier.engine.reports.limits import ValueLimits, too_many
from espalier.engine.reports.submission import CheckedReport


def check_room(
    limits: ValueLimits,
    reports: Sequence[CheckedReport],
    news: Sequence[int],
    *,
    of_study: int,
    of_trial: int,
    names: frozenset[str],
    judged: int,
    counts: Callable[[CheckedReport], bool],
) -> None:
    """Raise at the first value of a batch that is one too many.

    Parameters
    ----------
    limits : ValueLimits
        What may be there.
    reports, news
        The batch, and the positions in it of the values that are new.
    of_study, of_trial : int
        How many values are there.
    names : frozenset of str
        The metrics that the trial has values of.
    judged : int
        How many of its values have been judged.
    counts : callable
        Whether a value is judged.

    Raises
    ------
    LimitReached
        With the position of the value.
    """
    if not news:
        return
    fewer = "report fewer steps or metrics"
    _check("values_a_study", limits.values_a_study, of_study, news, "values of a study", fewer)
    _check("values_a_trial", limits.values_a_trial, of_trial, news, "values of a trial", fewer)
    if len(names) + len(news) > limits.metrics_a_trial:
        _check_names(limits.metrics_a_trial, reports, news, names)
    most = limits.judged_steps_a_trial
    if judged + len(news) > most:
        mine = [index for index in news if counts(reports[index])]
        what = "values of the study's metric in a trial"
        _check("judged_steps_a_trial", most, judged, mine, what, "report it at fewer steps")


def _check(
    limit: str, most: int, there: int, positions: Sequence[int], what: str, remedy: str
) -> None:
    """Raise at the first of these positions for which there is no room beside what is there."""
    if positions and there + len(positions) > most:
        # There may be more than the limit already: it can be lowered.
        raise too_many(limit, most, what, remedy, positions[max(0, most - there)])


def _check_names(
    most: int, reports: Sequence[CheckedReport], news: Sequence[int], names: frozenset[str]
) -> None:
    seen = set(names)
    for index in news:
        metric = reports[index].metric
        if metric not in seen and len(seen) >= most:
            raise too_many(
                "metrics_a_trial", most, "metrics of a trial", "report fewer metrics", index
            )
        seen.add(metric)
