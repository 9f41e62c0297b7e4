"""The choice among candidates, and what following it comes to where it was not made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from espalier.backtest.recommend.certainty import Sure, of_mean
from espalier.backtest.recommend.outcomes import Aim, CandidateResult
from espalier.pruning.pruners.nop import Nop


def choose(outcomes: Sequence[CandidateResult], aim: Aim) -> int:
    """Return the place of the candidate that scores most among those that lose few enough.

    Lose few enough: by the upper end of their intervals, or where nothing does so by their
    estimates. Nop loses none by what it is, however few the winners are: it is no reason to leave
    the estimates of the others aside. Where nothing does, the first candidate stands: the default.
    Of equal ones the first is taken.
    """
    places = range(len(outcomes))
    prunes = [place for place in places if outcomes[place].candidate.type != Nop.name]
    shown = [place for place in prunes if aim.accepts(outcomes[place].lost.high)]
    likely = [place for place in places if aim.accepts(outcomes[place].lost.mean)]
    scores = [sum(outcome.scores(aim)) / len(outcome.units) for outcome in outcomes]
    return max(shown or likely or [0], key=lambda place: (scores[place], -place))


@dataclass(frozen=True)
class Following:
    """What a choice comes to on trials that it did not see, beside the default.

    The best of fifty on some lists is lucky there. So the choice is made again without each study
    in turn, or on each half of the only one, and what counts is what it comes to on the study
    that it did not see, or on the other half.

    Parameters
    ----------
    gain
        By how much it scores more than the default.
    saved, lost
        The means.
    fewer_lost
        By how much the share of lost winners is less than the default's.
    chosen
        What was chosen, by the number of times.
    """

    gain: Sure
    saved: float
    lost: float
    fewer_lost: Sure
    chosen: dict[str, int]


def follow(outcomes: Sequence[CandidateResult], aim: Aim) -> Following:
    """Choose where a unit is not seen, and measure on that unit; the first is the default."""
    default, overlapping = outcomes[0], outcomes[0].overlapping
    gains, saved, lost, fewer = [], [], [], []
    chosen: dict[str, int] = {}
    for place in range(len(default.units)):
        seen = _seen_without(place, len(default.units), overlapping)
        taken = outcomes[choose([each.of(seen) for each in outcomes], aim)].of([place])
        beside = default.of([place])
        gains.append(taken.scores(aim)[0] - beside.scores(aim)[0])
        saved.append(taken.by_unit("saved")[0])
        lost.append(taken.by_unit("lost")[0])
        fewer.append(beside.by_unit("lost")[0] - lost[-1])
        label = taken.candidate.label
        chosen[label] = chosen.get(label, 0) + 1
    return Following(
        of_mean(gains, overlapping),
        sum(saved) / len(saved),
        sum(lost) / len(lost),
        of_mean(fewer, overlapping),
        dict(sorted(chosen.items(), key=lambda item: (-item[1], item[0]))),
    )


def _seen_without(place: int, count: int, halves: bool) -> list[int]:
    """Return the units that share no trial with one: of halves, its other half."""
    return [place ^ 1] if halves else [each for each in range(count) if each != place]
