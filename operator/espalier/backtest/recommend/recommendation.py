"""The recommendation: what to take, why, and what it cannot be told from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from espalier.backtest.candidate import Candidate
from espalier.backtest.compare import Result, Run, compare, one_by_one
from espalier.backtest.measure import Setting
from espalier.backtest.recommend.certainty import LEVEL, Sure
from espalier.backtest.recommend.choice import Following, choose, follow
from espalier.backtest.recommend.outcomes import Aim, CandidateResult, worth
from espalier.backtest.recommend.pools import BEST_LEFT_OUT, POOLS, Pool, pools, winners
from espalier.backtest.recommend.records import RecordedStudy, check_usable
from espalier.errors import UsageError


class Advice(StrEnum):
    """What is recommended."""

    TAKE = "Take"
    """The candidate that was chosen: following the choice beats the default."""
    KEEP = "Keep"
    """The default: nothing is better beyond what may be luck."""


@dataclass(frozen=True)
class Recommendation:
    """What recorded studies say about pruners.

    Parameters
    ----------
    advice
        Whether to take what was chosen.
    aim
        What was asked.
    studies
        The records, by name.
    setting
        How lists were drawn and run.
    outcomes
        What each candidate came to; the first is the default.
    chosen
        The place of the one that was chosen on all of the lists.
    following
        What such choices come to where they were not made.
    alike
        Those that are accepted as well and cannot be told from what is recommended.
    """

    advice: Advice
    aim: Aim
    studies: tuple[RecordedStudy, ...]
    setting: Setting
    outcomes: tuple[CandidateResult, ...]
    chosen: int
    following: Following
    alike: tuple[CandidateResult, ...]

    @property
    def default(self) -> CandidateResult:
        """What the default came to."""
        return self.outcomes[0]

    @property
    def choice(self) -> CandidateResult:
        """What the chosen one came to."""
        return self.outcomes[self.chosen]

    @property
    def recommended(self) -> CandidateResult:
        """What the recommended one came to."""
        return self.choice if self.advice is Advice.TAKE else self.default

    @property
    def gain(self) -> Sure:
        """By how much the chosen one scores more than the default."""
        return self.choice.gain_over(self.default, self.aim)

    @property
    def lists(self) -> int:
        """How many lists each study has."""
        return self.setting.orders * POOLS

    @property
    def different_winners(self) -> int:
        """How many different trials win the lists."""
        return len({each for unit in self.default.winners for each in unit})

    @property
    def worth_winners(self) -> float:
        """How many independent winners these are worth."""
        return worth(self.default.winners)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        aim, following = self.aim, self.following
        return {
            "advice": str(self.advice),
            "recommended": self.recommended.candidate.label,
            "chosen": self.choice.candidate.label,
            "default": self.default.candidate.label,
            "maxLost": aim.max_lost,
            "budget": aim.share,
            "workers": self.setting.workers,
            "lists": self.lists,
            "seed": self.setting.seed,
            "winners": {"different": self.different_winners, "worth": self.worth_winners},
            "studies": [
                {
                    "name": each.name,
                    "whole": len(each.curves),
                    "steps": each.curves.steps,
                    "sample": str(each.sample),
                    "pruned": each.pruned,
                }
                for each in self.studies
            ],
            "following": {
                "gain": following.gain.to_dict(),
                "saved": following.saved,
                "lost": following.lost,
                "fewerLost": following.fewer_lost.to_dict(),
                "chosen": following.chosen,
            },
            "alike": [each.candidate.label for each in self.alike],
            "candidates": [each.to_dict(aim, self.default) for each in self.outcomes],
        }


def recommend(
    studies: Sequence[RecordedStudy],
    candidates: Sequence[Candidate],
    aim: Aim,
    setting: Setting,
    run: Run = one_by_one,
) -> Recommendation:
    """Try all candidates on lists of the studies' trials, and say which would have served.

    Parameters
    ----------
    studies
        The records; their order does not matter.
    candidates
        What is tried, the default first.
    aim
        What is asked.
    setting
        How lists are drawn and run; `orders` is how many lists a study has, at least.
    run
        Runs the simulated studies, in this process or in others; the results are the same.

    Raises
    ------
    UsageError
        If there is no study, or nothing can be told from one of them.
    """
    if not studies:
        raise UsageError("STUDY", "expected at least one recorded study, got none; name one")
    for study in studies:
        check_usable(study)
    ordered = tuple(sorted(studies, key=lambda study: study.name))
    setting = replace(setting, orders=-(-setting.orders // POOLS))
    parts = [pool for study in ordered for pool in pools(study.curves, setting)]
    curves = [pool.curves for pool in parts]
    results = compare(candidates, curves, setting, aim.budget is not None, run)
    outcomes = tuple(
        _outcome(candidate, result, parts, setting)
        for candidate, result in zip(candidates, results, strict=True)
    )
    return _advised(outcomes, aim, ordered, setting)


def _outcome(
    candidate: Candidate, result: Result, parts: Sequence[Pool], setting: Setting
) -> CandidateResult:
    """Put lists together by study, or by half where there is only one."""
    single = len(parts) == POOLS
    size = BEST_LEFT_OUT if single else POOLS
    units = [parts[start : start + size] for start in range(0, len(parts), size)]
    return CandidateResult(
        candidate,
        tuple(tuple(m for pool in unit for m in result.tasks[pool.curves.name]) for unit in units),
        tuple(winners(unit, setting) for unit in units),
        single,
    )


def _advised(
    outcomes: tuple[CandidateResult, ...],
    aim: Aim,
    studies: tuple[RecordedStudy, ...],
    setting: Setting,
) -> Recommendation:
    chosen, following = choose(outcomes, aim), follow(outcomes, aim)
    better = chosen != 0 and _better(outcomes[0], following, aim)
    advice = Advice.TAKE if better else Advice.KEEP
    base = outcomes[chosen if better else 0]
    rivals = [each for each in outcomes if each is not base and aim.accepts(each.lost.mean)]
    # Each of so many comparisons is made with a part of the error that all may have.
    level = 1.0 - (1.0 - LEVEL) / max(1, len(rivals))
    alike = [each for each in rivals if each.gain_over(base, aim, level).holds_zero]
    alike.sort(key=lambda each: -sum(each.scores(aim)))
    return Recommendation(advice, aim, studies, setting, outcomes, chosen, following, tuple(alike))


def _better(default: CandidateResult, following: Following, aim: Aim) -> bool:
    """Whether following the choice beats the default, beyond what may be luck.

    It must score more and lose no more than is accepted, or than the default does; or lose less,
    where the default loses more than is accepted.
    """
    lost = default.lost.mean
    bolder = following.gain.low > 0.0 and (
        aim.max_lost is None or following.lost <= max(aim.max_lost, lost)
    )
    safer = not aim.accepts(lost) and following.fewer_lost.low > 0.0
    return bolder or safer
