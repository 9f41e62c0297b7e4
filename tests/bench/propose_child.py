"""Proposes after a long history, as the operator does or as Optuna's own `ask` does.

Used by `test_propose` in a process of its own, whose memory is measured.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from espalier.api import parse_study, space_of
from espalier.engine.proposing.proposer import Proposer
from espalier.engine.proposing.worker import ChildWorker
from espalier.engine.reports.open_studies import OpenStudies
from espalier.planning.world.record import End, MadeTrial, Origin
from espalier.planning.world.study_search import search_of
from espalier.process.garbage import search_seldom, settle
from espalier.process.switching import switch_often
from espalier.pruning import Report, TrialState
from espalier.search import NO_HISTORY, Random, Space, Value
from espalier.store import open_store
from tests.bench.look_child import Ticker

UID, STEPS, LATER = "uid", 27, 12
STUDY = parse_study(
    {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "Study",
        "metadata": {"name": "s", "namespace": "n", "uid": UID},
        "spec": {
            "objective": {"metric": "accuracy", "direction": "Maximize"},
            "resource": {"name": "epoch", "max": STEPS},
            "parameters": [
                {"name": "lr", "float": {"min": 1e-5, "max": 1.0, "scale": "Log"}},
                {"name": "dropout", "float": {"min": 0.0, "max": 0.9}},
                {"name": "layers", "int": {"min": 1, "max": 8}},
                {"name": "optimizer", "categorical": {"values": ["sgd", "adam"]}},
                {
                    "name": "momentum",
                    "float": {"min": 0.0, "max": 0.99},
                    "when": {"parameter": "optimizer", "in": ["sgd"]},
                },
            ],
            "sampler": {"type": "TPE", "seed": 7, "tellPruned": "AsPruned"},
            "trials": {"max": 10_000},
            "template": {"spec": {"containers": [{"name": "trainer", "image": "x"}]}},
        },
    }
)
SPACE = space_of(STUDY.spec.parameters)


def history(trials: int) -> list[tuple[dict[str, Value], list[float], bool]]:
    """Return trials' parameters, scores by step, and whether each was pruned."""
    draws, found = random.Random(5), []
    for number in range(trials):
        parameters = Random().propose(SPACE, NO_HISTORY, 3, number)
        steps = draws.choice((STEPS, 1, 3, 9))
        level = -abs(float(parameters["dropout"]) - 0.3)
        scores = [level - 1.0 / step + draws.gauss(0, 0.01) for step in range(1, steps + 1)]
        found.append((parameters, scores, steps < STEPS))
    return found


def usage(pid: int) -> tuple[float, float]:
    """Return what a process has used: CPU seconds, and its most memory in MiB."""
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    peak = next(int(each.split()[1]) for each in status if each.startswith("VmHWM"))
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK"), peak / 1024


async def operator(folder: Path, trials: int) -> dict[str, Any]:
    """Propose as the operator does."""
    search_seldom()
    switch_often()
    store = await open_store(f"sqlite:///{folder}/espalier.db")
    live = OpenStudies(store, lambda _uid, _number: None)
    await live.open(STUDY)
    past = history(trials + LATER)
    for number in range(trials):
        await end(live, number, past[number])
    settle()
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    search, worker = search_of(STUDY.spec, SPACE), ChildWorker()
    proposer, ticker = Proposer(live, time.time, worker), Ticker()
    await asyncio.sleep(0.02)
    found: list[dict[str, float]] = []
    for turn in range(LATER):
        ticker.longest, wall = 0.0, time.perf_counter()
        before = usage(worker._child._process.pid)[0] if worker._child else 0.0
        await proposer.propose(UID, search, 500_000 + turn)
        wall = time.perf_counter() - wall
        await asyncio.sleep(0.005)
        assert worker._child is not None
        cpu, peak = usage(worker._child._process.pid)
        found.append(
            {"cpu": cpu - before, "wall": wall, "stretch": ticker.longest * 1e3, "peak": peak}
        )
        await end(live, trials + turn, past[trials + turn])
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - own
    await proposer.close()
    await store.close()
    return {"first": found[0], "later": middle(found[1:]), "more": more}


async def end(live: OpenStudies, number: int, past: Any) -> None:
    """Let the search see a trial that has ended, as the way of its values would."""
    parameters, scores, pruned = past
    writer, making = live.known(UID)
    made = MadeTrial(f"s-{number}", json.dumps(parameters), Origin.SAMPLED)
    making._made[number] = made
    for step, score in enumerate(scores, 1):
        writer.search_log.value(Report(number, 1, step, score))
    state = TrialState.PRUNED if pruned else TrialState.COMPLETED
    writer.search_log.end(number, End(state.value, "", state, 1.0))


def optuna(trials: int) -> dict[str, Any]:
    """Ask Optuna's own study in memory."""
    import optuna as library

    from espalier.search.samplers.optuna_study.distributions import distribution_of, seen

    library.logging.set_verbosity(library.logging.ERROR)
    sampler = library.samplers.TPESampler(seed=7, multivariate=True, group=True, constant_liar=True)
    study = library.create_study(direction="maximize", sampler=sampler)
    past = history(trials + LATER)

    def tell(which: Any) -> None:
        parameters, scores, pruned = which
        kinds = {name: SPACE[name].domain for name in parameters}
        study.add_trial(
            library.trial.create_trial(
                state=library.trial.TrialState.PRUNED
                if pruned
                else library.trial.TrialState.COMPLETE,
                value=scores[-1],
                params={name: _own(kind, parameters[name]) for name, kind in kinds.items()},
                distributions={name: distribution_of(kind) for name, kind in kinds.items()},
                intermediate_values=dict(enumerate(scores, 1)),
            )
        )

    def _own(kind: Any, value: Value) -> Any:
        at = seen(kind, value)
        return distribution_of(kind).to_external_repr(at)

    for which in past[:trials]:
        tell(which)
    found: list[dict[str, float]] = []
    for turn in range(LATER):
        cpu, wall = time.process_time(), time.perf_counter()
        ask(study.ask(), SPACE)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        found.append({"cpu": cpu, "wall": wall, "peak": peak})
        tell(past[trials + turn])
    return {"first": found[0], "later": middle(found[1:])}


def ask(trial: Any, space: Space) -> None:
    """Have all parameters of a trial suggested, as a script does."""
    from espalier.search.samplers.optuna_study.distributions import suggested

    chosen: dict[str, Value] = {}
    for parameter in space.parameters:
        if parameter.active(chosen):
            chosen[parameter.name] = suggested(trial, parameter.name, parameter.domain)


def middle(found: list[dict[str, float]]) -> dict[str, float]:
    """Return the medians, and the most of what must never be more."""
    return {
        name: (max if name in ("stretch", "peak") else statistics.median)(
            [each[name] for each in found]
        )
        for name in found[0]
    }


if __name__ == "__main__":
    size = int(sys.argv[3])
    if sys.argv[1] == "optuna":
        print(json.dumps(optuna(size)))
    else:
        print(json.dumps(asyncio.run(operator(Path(sys.argv[2]), size))))
