"""Values of finalists' repeats are stored and told as others are, and none of them is judged."""

from __future__ import annotations

from pathlib import Path

from espalier.engine.reports.open_studies import OpenStudies
from espalier.planning.world.record import End
from espalier.pruning import Repeat, TrialState
from tests.engine.reports.test_open_studies import THRESHOLD, World, run
from tests.ingest.serving import UID, binding_of

BAD = 0.01
"""A value that the study's pruner ends a trial for."""
NUMBER = Repeat(0, 1).number


def end(state: TrialState = TrialState.COMPLETED) -> End:
    return End("Completed", "It completed.", state, 1000.0)


async def bound(world: World, number: int) -> None:
    pod = f"pod-{number}"
    world.live.bind(binding_of(pod, number))
    await world.live.attempt_of(UID, number, f"uid-{pod}")


def test_a_repeat_is_told_and_not_judged_before_and_after_a_restart(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await bound(world, NUMBER)
        for step in (1, 2, 3):
            answer = await world.report(NUMBER, (step, BAD))
            assert answer.decision is None
        assert await world.live.finish(UID, NUMBER, end())
        seen = world.live.record(UID)
        again = OpenStudies(world.store, lambda uid, number: None)
        await again.open(THRESHOLD)
        for record in (seen, again.record(UID)):
            trial = record.trial(NUMBER)
            assert (trial.step, trial.latest, trial.best) == (3, BAD, BAD)
            assert (trial.decision, trial.prune) == (None, None)
            assert record.best is None, "a repeat speaks for its finalist"
            assert record.exempt == frozenset()
            assert record.summary is not None
            assert record.summary.judged == 0

    run(tmp_path, story)
