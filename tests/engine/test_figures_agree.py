"""What metrics, the Study, its Trials and the views say is the same, after every kind of ending."""

from __future__ import annotations

from pathlib import Path

import pytest

from espalier.api.reasons import Phase
from espalier.metrics.collector import study_samples
from espalier.planning.world.observe import seconds
from espalier.read_api.known_studies import KnownStudies
from espalier.store.sqlite.beside import StoreBeside
from espalier.views.trials import ranks_of
from tests.simulation.api_server import Object
from tests.simulation.kubelet import Program
from tests.simulation.telling import tell
from tests.simulation.world import World

GOOD = (0.1, 0.2, 0.3, 0.4, 0.5)
PROGRAMS = {
    0: Program(GOOD),
    1: Program((0.1, 0.2, -1.0, 0.1, 0.1)),
    2: Program((0.1, 0.2), code=1),
    3: Program((0.2, 0.3, 0.4, 0.5, 0.9)),
    4: Program((0.1, 0.2, 0.3, 0.4), killed=True),
    5: Program((), code=2),
    6: Program((0.2, 0.3, 0.4, 0.5, 0.9)),
    7: Program((0.1, -2.0, 0.1, 0.1, 0.1)),
}


def of_each_kind(pod: Object) -> Program:
    return PROGRAMS[int(pod["metadata"]["labels"]["espalier.dev/trial-number"])]


def agree(world: World) -> None:
    study = world.api.find("studies", "s")
    assert study is not None
    assert world.operator is not None
    status = study["status"]
    (figures,) = world.operator.reconciler.figures
    samples = {(name, labels[2:]): value for name, labels, value in study_samples(figures)}
    for phase in Phase:
        assert samples["espalier_trials", (str(phase),)] == status["counts"][str(phase).lower()]
    assert [labels for (name, labels), value in samples.items() if value and name.endswith("_state")
            ] == [(status["state"],)]  # fmt: skip
    told = {labels for name, labels in samples if name == "espalier_study_condition_reason"}
    assert told == {(c["type"], c["status"], c["reason"]) for c in status["conditions"]}
    assert status["ended"].endswith(f"/{samples['espalier_trials_planned', ()]:.0f}")
    for field, name in (("gpuSeconds", "gpu_seconds"), ("trialSeconds", "trial_seconds")):
        used = samples[f"espalier_{name}_used_total", ()]
        assert used == pytest.approx(status[field]["used"], abs=0.05)
        saved = samples.get((f"espalier_{name}_saved_estimate", ()))
        assert saved == pytest.approx(status[field].get("saved"), abs=0.05)
        low = samples.get((f"espalier_{name}_saved_estimate_bound", ("lower",)))
        assert low == pytest.approx(status[field].get("savedLow"), abs=0.05)
    assert samples["espalier_steps_done_total", ()] == status["steps"]["done"]
    assert samples["espalier_best_value", ()] == status["best"]["value"]
    began = samples["espalier_study_start_time_seconds", ()]
    assert began == seconds(status["startTime"])
    end = samples.get(("espalier_study_completion_time_seconds", ()))
    assert end == seconds(status.get("completionTime"))


def check_ranks(world: World) -> None:
    """Compare what the Trials say with what the views show of the store."""
    reasons = {number: world.reason(number) for number in PROGRAMS}
    assert {"Completed", "Pruned", "TrainerFailed"} < set(reasons.values())
    known = KnownStudies(StoreBeside(f"sqlite:///{world.folder}/espalier.db"))
    row = known.store.find("n", "s")
    assert row is not None
    with known.study(row) as found:
        counted = ranks_of(found.gathered)
    assert counted == {3: 1, 6: 1, 0: 3, 1: 4, 7: 5}
    for number in PROGRAMS:
        trial = world.api.find("trials", f"s-{number}")
        assert trial is not None
        rank = counted.get(number)
        assert trial["status"].get("rank") == (f"{rank}/5" if rank else None)


def test_a_study_with_every_kind_of_ending(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        world.study(trials={"max": 8, "parallelism": 3, "maxFailed": 99, "retries": 0})
        world.start()
        await world.until("the end", world.over)
        await world.settle()
        agree(world)
        await world.kill()
        world.start()
        assert world.operator is not None
        await world.until("it is up", lambda: world.operator and world.operator.ready)
        await world.settle()
        agree(world)
        check_ranks(world)

    tell(tmp_path, story, program_of=of_each_kind)
