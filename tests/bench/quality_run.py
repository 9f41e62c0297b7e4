"""The protocol of measuring, unit by unit over several processes, from where it stopped."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path

from espalier.backtest.candidate import Maker
from espalier.backtest.curves import Curves, read_folder
from espalier.backtest.measure import Setting, study
from tests.bench.quality_pruners import before, optunas, ours
from tests.bench.quality_record import Record, Unit, revision

_folders: dict[str, dict[str, Curves]] = {}


def units(
    folders: Sequence[Path], settings: Sequence[Setting], pruners: Sequence[str], budgets: bool
) -> list[Unit]:
    """Name what is to be run: by setting, and shuffled within, for an honest estimate of time."""
    found = []
    for setting in settings:
        block = [
            Unit(
                folder.resolve().name,
                curves.name,
                pruner,
                setting.workers,
                setting.trials,
                setting.orders,
                setting.seed,
                budgets,
                revision(pruner),
            )
            for folder in folders
            for curves in read_folder(folder)
            for pruner in pruners
        ]
        random.Random(0).shuffle(block)
        found += block
    return found


def measure(unit: Unit) -> Record:
    """Run a unit in this process, which `begin` has prepared."""
    setting = Setting(unit.workers, unit.trials, unit.orders, unit.seed)
    curves, maker = _folders[unit.curves][unit.task], makers()[unit.pruner]
    before = time.process_time()
    lists = tuple(
        study(curves, maker, setting, number, unit.budgets) for number in range(unit.orders)
    )
    return Record(unit, lists, time.process_time() - before)


def run(folders: Sequence[Path], todo: Sequence[Unit], jobs: int) -> Iterator[Record]:
    """Run units in so many processes, and give each result as soon as it is known."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context, begin, (tuple(folders),)) as executor:
        try:
            for future in as_completed([executor.submit(measure, unit) for unit in todo]):
                yield future.result()
        finally:
            executor.shutdown(wait=True, cancel_futures=True)


def begin(folders: Sequence[Path]) -> None:
    """Prepare a process: read the curves, and leave interrupts to its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for folder in folders:
        _folders[folder.resolve().name] = {each.name: each for each in read_folder(folder)}


@cache
def makers() -> dict[str, Maker]:
    """Give all pruners by their labels."""
    return {maker.label: maker for maker in [*before(), *ours(), *optunas()]}
