"""Whether a trial and its study have room for the values that came."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from espalier.engine.limits import ValueLimits, too_many
from espalier.engine.submission import CheckedReport


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
    if of_study + len(news) > limits.values_a_study:
        raise too_many(
            "values_a_study",
            limits.values_a_study,
            "values of a study",
            "report fewer steps or metrics",
            _first_beyond(news, limits.values_a_study - of_study),
        )
    if of_trial + len(news) > limits.values_a_trial:
        raise too_many(
            "values_a_trial",
            limits.values_a_trial,
            "values of a trial",
            "report fewer steps or metrics",
            _first_beyond(news, limits.values_a_trial - of_trial),
        )
    if len(names) + len(news) > limits.metrics_a_trial:
        _check_names(limits.metrics_a_trial, reports, news, names)
    if judged + len(news) > limits.judged_steps_a_trial:
        mine = [index for index in news if counts(reports[index])]
        if mine and judged + len(mine) > limits.judged_steps_a_trial:
            raise too_many(
                "judged_steps_a_trial",
                limits.judged_steps_a_trial,
                "values of the study's metric in a trial",
                "report it at fewer steps",
                _first_beyond(mine, limits.judged_steps_a_trial - judged),
            )


def _first_beyond(positions: Sequence[int], room: int) -> int:
    # There may be more than the limit already: it can be lowered.
    return positions[max(0, room)]


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
