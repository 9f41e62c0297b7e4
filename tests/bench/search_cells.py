"""Which studies are run: what proposes, what prunes, and what is told of the pruned."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from espalier.search import SAMPLERS, TellPruned
from tests.bench.search_drivers import PRUNERS, Espalier, Optuna
from tests.bench.search_record import Cell, Record, Unit, revision
from tests.bench.search_study import Driver, Size, Study
from tests.bench.search_tasks import task

OPTUNA = "Optuna's TPE"
TOLD = tuple(each.value for each in TellPruned)


def cells(samplers: Sequence[str], pruners: Sequence[str]) -> Iterator[Cell]:
    """Give the cells of these, in the order of the tables; Optuna has no Auto."""
    for sampler in samplers:
        for pruner in pruners:
            if sampler == OPTUNA:
                if pruner != "Auto":
                    yield Cell(sampler, pruner)
            elif pruner == "Nop" or not SAMPLERS[sampler].learns:
                yield Cell(sampler, pruner)
            else:
                yield from (Cell(sampler, pruner, told) for told in TOLD)


def units(
    tasks: Sequence[str], wanted: Sequence[Cell], size: Size, seeds: Sequence[int]
) -> list[Unit]:
    """Name what is to be run, seed by seed, so that all cells grow alike.

    What a sampler objects to is left out: GP without PyTorch, say.
    """
    return [
        Unit(name, cell, size.workers, size.budget, size.trials, seed, revision())
        for seed in seeds
        for name in tasks
        for cell in wanted
        if cell.sampler == OPTUNA or not SAMPLERS[cell.sampler]().objection(task(name).space)
    ]


def measure(unit: Unit) -> Record:
    """Run a unit."""
    before, cell, searched = time.process_time(), unit.cell, task(unit.task)
    driver: Driver
    if cell.sampler == OPTUNA:
        driver = Optuna(searched, cell.pruner, unit.seed)
    else:
        told = TellPruned(cell.told or TellPruned.AS_PRUNED.value)
        driver = Espalier(searched, cell.sampler, cell.pruner, told, unit.seed, unit.trials)
    found = Study(searched, driver, Size(unit.workers, unit.budget, unit.trials)).run()
    return Record(unit, found, time.process_time() - before)


def samplers() -> tuple[str, ...]:
    """Name the samplers that there are, Optuna's own last."""
    return (*(name for name in SAMPLERS if name not in ("Grid", "Sobol")), OPTUNA)


def pruners() -> tuple[str, ...]:
    """Name the pruners."""
    return tuple(PRUNERS)
