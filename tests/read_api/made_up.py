"""Studies written straight into a store: many trials at once, and what nobody should say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from espalier.api.judging import JudgeSettings
from espalier.planning.world.record import AttemptRecord, End, MadeTrial, Origin
from espalier.pruning import Action, Decision, Direction, Reason, Terms, TrialState
from espalier.store import Batch, open_store
from espalier.store.rows import decision_row, end_row, sighting_row, spec_row, trial_row
from espalier.study_log.log import StoredSpec

START = 1_700_000_000.0
_RULE = {"percentile": 50.0}
_SLOTS = 64


@dataclass(frozen=True)
class MadeUp:
    """A study that is written without anybody having run it.

    Parameters
    ----------
    name
        Its name; it lies in `research`.
    metric
        Of its objective.
    parameters
        As a Study's spec has them.
    words
        TrialValues of the categorical parameters, by turns.
    message
        How a failed trial ended.
    """

    name: str
    metric: str = "loss"
    parameters: Sequence[Mapping[str, Any]] = (
        {"name": "lr", "float": {"min": 1e-5, "max": 1.0, "scale": "Log"}},
        {"name": "layers", "int": {"min": 1, "max": 8}},
        {"name": "optimizer", "categorical": {"values": ["sgd", "adam"]}},
    )
    words: Sequence[str] = ("sgd", "adam")
    message: str = "exit code 1"


async def write(folder: Path, study: MadeUp, *, trials: int, steps: int) -> str:
    """Write a study with so many trials; return the store's URL."""
    url = f"sqlite:///{folder}/espalier.db"
    store = await open_store(url)
    terms = Terms(
        Direction.MINIMIZE, max(1, steps), study_uid=study.name, metric=study.metric, trials=10**5
    )
    settings = JudgeSettings(terms, {"type": "Median"}, {"keepBest": 1})
    try:
        row = await store.open_study(
            study.name, "research", study.name, settings, at=START, version="0.1.0"
        )
        batch = _Rows(row.id, study, trials, steps).batch()
        batch.specs.append(spec_row(row.id, StoredSpec(1, 1, _spec(study, trials, steps), START)))
        batch.rules.append((row.id, 1, "Median", json.dumps(_RULE)))
        await store.commit(batch)
    finally:
        await store.close()
    return url


def _spec(study: MadeUp, trials: int, steps: int) -> dict[str, Any]:
    return {
        "objective": {"metric": study.metric, "direction": "Minimize"},
        "resource": {"name": "epoch", "max": max(1, steps)},
        "parameters": list(study.parameters),
        "sampler": {"type": "Random", "seed": 7},
        "pruner": {"type": "Median", "median": {"startupTrials": 5}},
        "trials": {"max": max(1, trials), "parallelism": _SLOTS},
    }


class _Rows:
    """The rows of a made-up study: half of the trials are pruned, some fail, the last ones run."""

    def __init__(self, study_id: int, study: MadeUp, trials: int, steps: int) -> None:
        self._id, self._study, self._steps = study_id, study, steps
        chance = np.random.default_rng(7)
        self._rates = 10 ** chance.uniform(-5, 0, trials)
        self._layers = chance.integers(1, 9, trials)
        ends = 0.2 + 0.15 * np.abs(np.log10(self._rates) + 2.5) + 0.02 * chance.random(trials)
        at = np.arange(1, steps + 1) / max(1, steps)
        noise = 0.02 * chance.standard_normal((trials, steps))
        self._values = ends[:, None] + 1.5 * np.exp(-5 * at)[None, :] + noise
        self._cuts = np.median(self._values, axis=0) if trials else np.zeros(steps)
        self._seq = 0

    def batch(self) -> Batch:
        """Return all rows."""
        batch = Batch(self._id)
        for number in range(len(self._rates)):
            self._add(batch, number)
        return batch

    def _add(self, batch: Batch, number: int) -> None:
        trials, steps = self._values.shape
        values, runs = self._values[number], number >= trials - min(trials // 2, 8)
        pruned = bool(values[-1] > self._cuts[-1]) and not runs
        last = max(1, steps // 3 + number % max(1, steps // 3)) if pruned or runs else steps
        made_at = START + 60.0 * (number // _SLOTS) + number % _SLOTS
        pace = 50.0 / steps
        for step in range(1, last + 1):
            self._seq += 1
            at = made_at + 5 + pace * step
            value = float(values[step - 1])
            batch.observations.append(
                (self._id, number, 1, self._study.metric, step, value, self._seq, at)
            )
            if step % 5 == 0 or step == last:
                decision = self._decision(number, step, value, pruned and step == last)
                batch.decisions.append(decision_row(self._id, decision, "", 1, self._seq, at))
        self._note(batch, number, made_at, made_at + 5 + pace * last)
        if not runs:
            self._end(batch, number, pruned, made_at + 7 + pace * last)

    def _decision(self, number: int, step: int, value: float, prunes: bool) -> Decision:
        reason = Reason.WORSE_THAN_PERCENTILE if prunes else Reason.WITHIN_PERCENTILE
        cut = float(self._cuts[step - 1])
        evidence = {
            "value": value,
            "threshold": min(cut, value - 0.01) if prunes else max(cut, value),
            "percentile": 50.0,
            "peers": number,
        }
        action = Action.PRUNE if prunes else Action.KEEP
        return Decision(number, 1, step, action, reason, evidence, None, None, "Median", _RULE)

    def _note(self, batch: Batch, number: int, made_at: float, last_at: float) -> None:
        word = self._study.words[number % len(self._study.words)]
        known = {"lr": float(self._rates[number]), "layers": int(self._layers[number])}
        given = [each["name"] for each in self._study.parameters]
        values = dict(zip(given, [*known.values(), word], strict=False))
        name = f"{self._study.name}-{number}"
        made = MadeTrial(name, json.dumps(values), Origin.SAMPLED, 7, made_at, made_at + 5)
        batch.trials.append(trial_row(self._id, number, made))
        batch.attempts.append((self._id, number, 1, f"pod-{name}"))
        seen = AttemptRecord(1, f"pod-{name}", name, gpus=1.0, held=last_at - made_at)
        batch.sightings.append(sighting_row(self._id, number, seen))

    def _end(self, batch: Batch, number: int, pruned: bool, at: float) -> None:
        self._seq += 1
        fails = not pruned and number % 50 == 3
        state = TrialState.PRUNED if pruned else TrialState.COMPLETED
        reason, message = ("Pruned" if pruned else "Completed"), ""
        if fails:
            state, reason, message = TrialState.FAILED, "TrainerFailed", self._study.message
        end = End(reason, message, state, at, 52.0, 7, 52.0, 1.0)
        batch.ends.append(end_row(self._id, number, end, self._seq))
