"""Whether following `espalier recommend` pays: recommend on half of a task, judge on the other.

`python -m tests.bench.recommendations run OUT.jsonl FOLDER...` adds a line for each task that OUT
does not have yet, `report OUT.jsonl FOLDER...` prints what came out: with half of the same task as
the record, and with that of all the other tasks.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from espalier.backtest.candidate import Candidate
from espalier.backtest.curves import Curves, read_folder
from espalier.backtest.measure import Measured, Setting, mean_of, study
from espalier.backtest.recommend.certainty import of_mean
from espalier.backtest.recommend.choice import choose
from espalier.backtest.recommend.outcomes import Aim, CandidateResult
from espalier.backtest.recommend.recommendation import Advice, recommend
from espalier.backtest.recommend.records import RecordedStudy
from espalier.backtest.recommend.strictnesses import default, distinct, strictnesses
from espalier.pruning.pruners.goal import Goal

TYPES = ("Nop", "Auto", "Median", "SuccessiveHalving")
FACTOR = 3
"""Of SuccessiveHalving, to spare time."""
RECORD = Setting(workers=8, trials=30, orders=32)
JUDGED = Setting(workers=8, trials=30, orders=40, seed=1)
AIM = Aim(0.05)


def run(out: Path, folders: Sequence[Path]) -> None:
    """Add the tasks that are not there yet, one line each."""
    done = {each["task"] for each in _lines(out)}
    for curves in (curves for folder in folders for curves in read_folder(folder)):
        if curves.name not in done:
            with out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(_task(curves)) + "\n")


def _task(curves: Curves) -> dict[str, Any]:
    record, rest = _parted(curves)
    candidates = _candidates()
    found = recommend([RecordedStudy(record)], candidates, AIM, RECORD)
    return {
        "task": curves.name,
        "take": found.advice is Advice.TAKE,
        "chosen": found.choice.candidate.label,
        "promised": [found.following.gain.mean, found.following.lost, found.choice.lost.mean],
        "judged": {
            each.label: _judged(rest, each)
            for each in (found.default.candidate, found.choice.candidate)
        },
        "units": [[_plain(unit) for unit in each.units] for each in found.outcomes],
        "winners": found.default.winners,
        "labels": [each.label for each in candidates],
    }


def _parted(curves: Curves) -> tuple[Curves, Curves]:
    drawn = np.random.default_rng(5).permutation(len(curves))
    return curves.take(drawn[::2]), curves.take(drawn[1::2])


def _candidates() -> list[Candidate]:
    given = [default(Goal.KEEP_WINNER), *strictnesses(TYPES, Goal.KEEP_WINNER)]
    few = [each for each in given if _factor(each) in (None, FACTOR)]
    return distinct(few, range(20, 90))


def _factor(candidate: Candidate) -> int | None:
    return candidate.pruner.get("successiveHalving", {}).get("reductionFactor")


def _plain(measured: Iterable[Measured]) -> list[tuple[float, float]]:
    return [(each.saved, each.lost) for each in measured]


def _judged(rest: Curves, candidate: Candidate) -> tuple[float, float]:
    studies = [study(rest, candidate, JUDGED, number) for number in range(JUDGED.orders)]
    mean = mean_of(studies)
    return mean.saved, mean.lost


def report(out: Path, folders: Sequence[Path]) -> None:
    """Print by task and on the mean what following comes to, beside the default."""
    lines = _lines(out)
    tasks = {curves.name: curves for folder in folders for curves in read_folder(folder)}
    by_label = {each.label: each for each in _candidates()}
    rows = {"Auto": [], "chosen from one": [], "advised from one": [], "chosen from others": []}
    for each in lines:
        judged, others = each["judged"], _from_others(lines, each)
        if others not in judged:
            judged[others] = _judged(_parted(tasks[each["task"]])[1], by_label[others])
        picked = {
            "Auto": "Auto",
            "chosen from one": each["chosen"],
            "advised from one": each["chosen"] if each["take"] else "Auto",
            "chosen from others": others,
        }
        print(each["task"], "Take" if each["take"] else "Keep", each["promised"])
        for name, label in picked.items():
            rows[name].append(judged[label])
            print(f"  {name:20} {label:48} {judged[label][0]:.3f} {judged[label][1]:.3f}")
    base = np.array(rows["Auto"])
    for name, figures in rows.items():
        saved, lost = np.array(figures).T
        more = of_mean(list(saved - base[:, 0]), False)
        worse = of_mean(list(lost - base[:, 1]), False)
        print(
            f"{name:20} saved {saved.mean():.3f} lost {lost.mean():.3f} worst {lost.max():.2f}; "
            f"more saved {more.mean:+.3f} [{more.low:+.3f}, {more.high:+.3f}], "
            f"more lost {worse.mean:+.3f} [{worse.low:+.3f}, {worse.high:+.3f}]"
        )


def _from_others(lines: Sequence[dict[str, Any]], but: dict[str, Any]) -> str:
    """Return what is chosen from the records of all other tasks."""
    others = [each for each in lines if each is not but]
    winners = tuple(
        tuple((name, row) for unit in each["winners"] for name, row in unit) for each in others
    )
    outcomes = [
        CandidateResult(
            Candidate(label, {"type": label.split()[0]}),
            tuple(_measured(each["units"][place]) for each in others),
            winners,
            False,
        )
        for place, label in enumerate(but["labels"])
    ]
    return str(but["labels"][choose(outcomes, AIM)])


def _measured(units: Sequence[Sequence[Sequence[float]]]) -> tuple[Measured, ...]:
    return tuple(Measured(saved, 0.0, lost) for unit in units for saved, lost in unit)


def _lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []


if __name__ == "__main__":
    action, target, *sources = sys.argv[1:]
    if action == "run":
        run(Path(target), [Path(source) for source in sources])
    else:
        report(Path(target), [Path(source) for source in sources])
