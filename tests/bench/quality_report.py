"""The figures of the protocol as tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from espalier.backtest.compare import FIELDS, Result
from espalier.backtest.interval import bootstrap
from espalier.backtest.measure import BUDGETS, Measured
from tests.bench.quality_kinds import by_kind, by_kind_reevaluated
from tests.bench.quality_markdown import table
from tests.bench.quality_record import Record

AUTOS = ("Auto", "Auto, BestUnderBudget")
_HEADS = [f"{share:.0%}" for share in BUDGETS]


def markdown(
    records: Sequence[Record], labels: Sequence[str], kinds: Mapping[str, str], brief: bool = False
) -> str:
    """Write a section for each size of studies and folder of curves, and one about time.

    Parameters
    ----------
    records
        What is known.
    labels
        The pruners, in the order of their rows.
    kinds
        The kind of each task.
    brief
        Leave out what is of one folder, one task or one budget, and the section about time.
    """
    blocks = []
    for trials, workers in dict.fromkeys((r.unit.trials, r.unit.workers) for r in records):
        found = [r for r in records if (r.unit.trials, r.unit.workers) == (trials, workers)]
        size = f"{trials} trials, {workers} workers"
        folders = list(dict.fromkeys(record.unit.curves for record in found))
        if brief or len(folders) > 1:
            blocks += [f"## All tasks, {size}", *_section(found, labels, kinds, brief=True)]
        for curves in () if brief else folders:
            own = [record for record in found if record.unit.curves == curves]
            blocks += [f"## {curves}, {size}", *_section(own, labels, kinds, brief=False)]
    return "\n\n".join([*blocks, *([] if brief else ["## Processor time", _times(records)])])


def _section(
    records: Sequence[Record], labels: Sequence[str], kinds: Mapping[str, str], brief: bool
) -> list[str]:
    tasks = sorted({record.unit.task for record in records})
    results = results_of(records, labels)
    whole = [result for result in results if set(result.tasks) == set(tasks)]
    partial = [result.label for result in results if result not in whole]
    blocks = [f"{_orders(records)} lists a task, {len(tasks)} tasks."]
    if partial:
        blocks.append(f"Not yet on every task, and left out: {', '.join(partial)}.")
    blocks += [_means(whole), *by_kind(whole, kinds), *by_kind_reevaluated(whole, kinds)]
    if brief:
        return blocks
    blocks.append(_by_task(whole, tasks))
    budgeted = [result for result in whole if result.mean.budget_regret]
    if budgeted:
        blocks += [_budgets(budgeted), against_optuna(budgeted, tasks)]
    return blocks


def results_of(records: Sequence[Record], labels: Sequence[str]) -> list[Result]:
    """Give each pruner its result, in the order of the labels."""
    found: dict[str, dict[str, tuple[Measured, ...]]] = {}
    for record in sorted(records, key=lambda record: record.unit.task):
        found.setdefault(record.unit.pruner, {})[record.unit.task] = record.lists
    return [Result(label, found[label]) for label in labels if label in found]


def _orders(records: Sequence[Record]) -> str:
    counts = sorted({record.unit.orders for record in records})
    return " or ".join(str(count) for count in counts)


def _means(results: Sequence[Result]) -> str:
    rows = []
    for result in results:
        worst = max(mean.lost for mean in result.means.values())
        cells = [_with_interval(getattr(result.mean, f), *result.interval(f)) for f in FIELDS]
        rows.append([result.label, *cells, f"{worst:.0%}"])
    return table(["pruner", "saved", "regret", "lost", "lost on the worst task"], rows)


def _by_task(results: Sequence[Result], tasks: Sequence[str]) -> str:
    rows = [
        [result.label, *(f"{m.saved:.2f} / {m.lost:.0%}" for m in map(result.means.get, tasks))]
        for result in results
    ]
    return table(["saved / lost", *tasks], rows)


def _budgets(results: Sequence[Result]) -> str:
    rows = []
    for result in results:
        by_task = [mean.budget_regret for mean in result.means.values()]
        cells = [
            _with_interval(mean, *bootstrap(values))
            for mean, values in zip(
                result.mean.budget_regret, zip(*by_task, strict=True), strict=True
            )
        ]
        rows.append([result.label, *cells])
    return table(["regret at a budget of", *_HEADS], rows)


def against_optuna(results: Sequence[Result], tasks: Sequence[str]) -> str:
    """Set Auto beside the setting of Optuna's that is best for the task and budget in hindsight.

    Differences are paired by list; their intervals are bootstrapped over the lists of the task.
    """
    by_label = {result.label: result for result in results}
    rivals = [result for result in results if result.label.startswith("Optuna")]
    autos = [by_label[label] for label in AUTOS if label in by_label]
    rows = []
    for task in tasks if rivals else ():
        for place, share in enumerate(_HEADS):

            def mean(result: Result, task: str = task, place: int = place) -> float:
                return result.means[task].budget_regret[place]

            best = min(rivals, key=mean)
            row = [task, share, f"{mean(best):.3f} ({best.label.removeprefix('Optuna ')})"]
            for auto in autos:
                pairs = zip(auto.tasks[task], best.tasks[task], strict=False)
                gaps = [a.budget_regret[place] - b.budget_regret[place] for a, b in pairs]
                row.append(_with_interval(mean(auto) - mean(best), *bootstrap(gaps), sign="+"))
            rows.append(row)
    heads = ["task", "budget", f"best of Optuna's {len(rivals)}"]
    return table([*heads, *(f"{auto.label}: regret more" for auto in autos)], rows)


def _times(records: Iterable[Record]) -> str:
    spent: dict[str, list[float]] = {}
    for record in records:
        each = record.cpu_seconds / record.unit.orders
        spent.setdefault(record.unit.pruner, []).append(each)
    rows = [
        [label, f"{sum(values) / len(values):.2f}", f"{max(values):.2f}"]
        for label, values in spent.items()
    ]
    return table(["pruner", "mean s", "largest s"], sorted(rows))


def _with_interval(mean: float, low: float, high: float, sign: str = "") -> str:
    return f"{mean:{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"
