"""A study whose trials run beside each other and are judged, out of recorded curves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from espalier.api import parse_study
from espalier.engine.reports.open_studies import OpenStudies
from espalier.engine.reports.submission import Binding, CheckedBatch, CheckedReport
from espalier.planning.world.record import AttemptRecord, End, MadeTrial, Origin
from espalier.pruning import TrialState
from espalier.store import open_store

CURVES = Path(__file__).parents[1] / "curves" / "tfm_stdlib_nats.npz"
START = 1_790_000_000.0
SLOTS = 8
STUDY: dict[str, Any] = {
    "apiVersion": "espalier.dev/v1alpha1",
    "kind": "Study",
    "metadata": {"name": "digits", "namespace": "research", "uid": "judged", "generation": 1},
    "spec": {
        "objective": {"metric": "nats", "direction": "Minimize"},
        "resource": {"name": "epoch", "max": 27},
        "parameters": [
            {"name": "lr", "float": {"min": 1.0e-4, "max": 1.0, "scale": "Log"}},
            {"name": "width", "int": {"min": 16, "max": 256, "scale": "Log"}},
            {"name": "optimizer", "categorical": {"values": ["sgd", "adam"]}},
        ],
        "sampler": {"type": "Random", "seed": 7},
        "pruner": {"type": "Median", "median": {"startupTrials": 4, "warmupSteps": 2}},
        "pruning": {"shadows": [{"name": "bold", "type": "Auto"}]},
        "trials": {"max": 60, "parallelism": SLOTS},
        "template": {"spec": {"containers": [{"name": "trainer", "image": "digits:dev"}]}},
    },
}


class _Clock:
    now = START

    def __call__(self) -> float:
        return self.now


class Judged:
    """Runs the trials, a step of each in turn.

    Parameters
    ----------
    studies
        What judges and records.
    clock
        Seconds since the epoch.
    """

    def __init__(self, studies: OpenStudies, clock: _Clock) -> None:
        self._studies, self._clock = studies, clock
        self._chance = np.random.default_rng(7)
        with np.load(CURVES) as arrays:
            self._curves = arrays["values"]
        self._uid = STUDY["metadata"]["uid"]

    async def run(self, trials: int, left_running: int) -> None:
        """Run trials until so many have begun; the last ones are in the midst of it."""
        running: dict[int, tuple[Binding, int, float]] = {}
        begun = 0
        while begun < trials or len(running) > left_running:
            while len(running) < SLOTS and begun < trials:
                running[begun] = await self._begin(begun), 0, self._clock.now
                begun += 1
            for number, (binding, step, since) in list(running.items()):
                self._clock.now += 2.0
                if await self._step(binding, step + 1, since):
                    del running[number]
                else:
                    running[number] = binding, step + 1, since

    async def _begin(self, number: int) -> Binding:
        pod = f"pod-digits-{number}"
        ordinal = await self._studies.attempt_of(self._uid, number, pod)
        parameters = {
            "lr": float(10 ** self._chance.uniform(-4, 0)),
            "width": int(2 ** self._chance.uniform(4, 8)),
            "optimizer": str(self._chance.choice(["sgd", "adam"])),
        }
        at, text = self._clock.now, json.dumps(parameters)
        made = MadeTrial(f"digits-{number}", text, Origin.SAMPLED, 7, at, at + 6)
        await self._studies.note_made(self._uid, [(number, made)])
        binding = Binding(pod, "research", pod, self._uid, f"digits-{number}", number, ordinal)
        self._studies.bind(binding)
        return binding

    async def _step(self, binding: Binding, step: int, since: float) -> bool:
        """Report a step; return whether the trial has ended."""
        value = float(self._curves[binding.number, min(step, self._curves.shape[1]) - 1])
        batch = CheckedBatch(binding.trial, (CheckedReport("nats", step, value),))
        said = await self._studies.submit(binding.pod_uid, batch)
        pruned = said.decision is not None and said.decision.prunes
        if not pruned and step < STUDY["spec"]["resource"]["max"]:
            return False
        held = self._clock.now - since
        seen = AttemptRecord(0, binding.pod_uid, pod=binding.pod_name, gpus=1.0, held=held)
        await self._studies.note_attempt(self._uid, binding.number, seen)
        state = TrialState.PRUNED if pruned else TrialState.COMPLETED
        end = End(state.value, "", state, self._clock.now, held, 7, held, 2.0 * SLOTS)
        await self._studies.finish(self._uid, binding.number, end)
        return True


async def judge(folder: Path, *, trials: int = 60, left_running: int = 5) -> str:
    """Fill a store in a folder with the study; return its URL."""
    url, clock = f"sqlite:///{folder}/espalier.db", _Clock()
    store = await open_store(url)
    try:
        studies = OpenStudies(store, lambda _uid, _number: None, clock)
        await studies.open(parse_study(STUDY))
        await Judged(studies, clock).run(trials, left_running)
    finally:
        await store.close()
    return url
