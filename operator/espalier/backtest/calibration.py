"""Whether a stated risk is the measured share of lost winners."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from operator import itemgetter
from typing import Any

from espalier.backtest.compare import LOST_AXIS, Result
from espalier.backtest.curves import Curves
from espalier.backtest.frontier import Frontier
from espalier.backtest.picture import Point, Series, draw, root_axis
from espalier.pruning.oversight.summary import clopper_pearson

FACTOR = 1.5
"""A measured loss within this factor of the stated risk counts as told truly."""
APART = 5.0
"""Between pruners with the same stated risk in the picture."""


@dataclass(frozen=True)
class Stated:
    """What came of one stated risk.

    Parameters
    ----------
    risk
        The stated one.
    result
        What the pruner came to with it.
    """

    risk: float
    result: Result

    @property
    def studies(self) -> int:
        """How many studies were run."""
        return sum(len(studies) for studies in self.result.tasks.values())

    @property
    def losses(self) -> int:
        """How many of them lost their winner."""
        return round(sum(m.lost for studies in self.result.tasks.values() for m in studies))

    @property
    def lost(self) -> float:
        """The measured share."""
        return self.losses / self.studies

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Clopper-Pearson interval of the share."""
        return clopper_pearson(self.losses, self.studies)

    @property
    def verdict(self) -> str:
        """`within` a factor of 1.5 of the stated risk, `below` that or `above` it."""
        return self._place(self.lost)

    @property
    def sure(self) -> bool:
        """Whether the whole interval says the same."""
        return all(self._place(end) == self.verdict for end in self.interval)

    def _place(self, share: float) -> str:
        if share > FACTOR * self.risk:
            return "above"
        return "below" if share * FACTOR < self.risk else "within"

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        low, high = self.interval
        return {
            "stated": self.risk,
            "lost": self.lost,
            "low": low,
            "high": high,
            "losses": self.losses,
            "studies": self.studies,
            "ratio": self.lost / self.risk if self.risk else None,
            "within": self.verdict == "within",
            "verdict": self.verdict,
            "sure": self.sure,
            "tasks": {name: mean.lost for name, mean in self.result.means.items()},
        }


@dataclass(frozen=True)
class Calibration:
    """A pruner's stated risks beside what it lost, by class of stated risk."""

    pruner: str
    classes: tuple[Stated, ...]
    kinds: Mapping[str, str] = field(default_factory=dict)
    """The kind of each task, where it is known."""

    def by_kind(self) -> dict[str, Calibration]:
        """Return what came of the tasks of each kind, in the order of the kinds' names."""
        tasks: dict[str, list[str]] = {}
        for task, kind in sorted(self.kinds.items(), key=itemgetter(1)):
            tasks.setdefault(kind, []).append(task)
        found = {kind: self._each(partial(Result.of, tasks=of)) for kind, of in tasks.items()}
        return {kind: each for kind, each in found.items() if each.classes}

    def reevaluated(self) -> Calibration:
        """Return what came of the tasks with a second evaluation, as that tells."""
        return self._each(Result.reevaluated)

    def _each(self, change: Callable[[Result], Result]) -> Calibration:
        changed = [Stated(one.risk, change(one.result)) for one in self.classes]
        return replace(self, classes=tuple(one for one in changed if one.result.tasks))

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "pruner": self.pruner,
            "classes": self._plain(),
            "reevaluated": self.reevaluated()._plain(),
            "kinds": {
                kind: {"classes": each._plain(), "reevaluated": each.reevaluated()._plain()}
                for kind, each in self.by_kind().items()
            },
        }

    def _plain(self) -> list[dict[str, Any]]:
        return [each.to_dict() for each in self.classes]


def calibration(frontiers: Sequence[Frontier], tasks: Sequence[Curves] = ()) -> list[Calibration]:
    """Read pruners that were swept over their risk as stated and measured.

    Parameters
    ----------
    frontiers
        What was swept.
    tasks
        What it was swept on, for the kinds of those that say theirs.
    """
    kinds = {task.name: task.kind for task in tasks if task.kind}
    return [
        Calibration(
            each.pruner,
            tuple(Stated(float(risk), result) for risk, result in each.points()),
            kinds,
        )
        for each in frontiers
    ]


def picture(calibrations: Sequence[Calibration], title: str) -> str:
    """Draw measured against stated, both axes by the square root, with the factor of 1.5."""
    series = [
        Series(
            each.pruner,
            [Point(one.risk, one.lost, "", *one.interval) for one in each.classes],
            shift=APART * row,
        )
        for row, each in enumerate(calibrations)
    ]
    risks = sorted({one.risk for each in calibrations for one in each.classes})
    largest = risks[-1]
    x = root_axis("risk stated", risks)
    y = root_axis(
        LOST_AXIS, [largest * FACTOR, *(p.high or 0.0 for one in series for p in one.points)]
    )
    lines = [
        Series(label, [Point(0.0, 0.0), Point(largest, factor * largest)], dashed=True)
        for label, factor in (
            ("as stated", 1.0),
            (f"stated × {FACTOR:g}", FACTOR),
            (f"stated / {FACTOR:g}", 1.0 / FACTOR),
        )
    ]
    return draw(title, x, y, [*series, *lines])
