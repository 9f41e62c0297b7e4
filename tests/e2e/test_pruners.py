"""The engine that was judged on recorded curves is the one that deletes real pods."""

import json

import pytest

from tests.e2e.studies import replay_study
from tests.e2e.world import World

STUDIES = {
    "Hyperband": {
        "type": "Hyperband",
        "hyperband": {"minResource": 2, "maxResource": 18, "reductionFactor": 3},
    },
    "Auto": {"type": "Auto"},
    "SuccessiveHalving": {
        "type": "SuccessiveHalving",
        "successiveHalving": {"minResource": 2, "reductionFactor": 3},
    },
}


@pytest.mark.parametrize("kind", STUDIES, ids=list(STUDIES))
def test_a_study_prunes_real_pods_and_leaves_a_replayable_record(kind, world: World):
    name = kind.lower()
    with world.namespace(f"pruner-{name}") as namespace:
        study = replay_study(
            name,
            namespace,
            trials=20,
            parallelism=5,
            steps=18,
            step_seconds=0.1,
            options=("--await-judgement",),
            pruner=STUDIES[kind],
        )
        study["spec"]["pruning"]["shadows"] = [
            {
                "name": "gentle",
                "type": "Median",
                "median": {"startupTrials": 4, "warmupSteps": 2},
            }
        ]
        world.apply(study)
        world.wait_condition(namespace, name, "Succeeded")
        status = world.get("study", namespace, name)["status"]
        trials = world.trials(namespace, name)
        log = world.log_of(namespace, name)

        pruned = {t["spec"]["number"] for t in trials if t["status"]["phase"] == "Pruned"}
        assert status["counts"]["pruned"] == len(pruned) > 0
        acted = [row for row in log if row["kind"] == "decision" and row["action"] == "Prune"]
        assert {row["trial"] for row in acted if not row.get("shadow")} == pruned
        for number in pruned:
            selector = f"espalier.dev/trial={name}-{number}"
            assert world.get("pods", namespace, None, "-l", selector) == []

        judged = [row for row in log if row["kind"] == "decision" and row.get("shadow")]
        assert judged, "the shadow judged the same stream"
        shadow = status["pruning"]["shadows"][0]
        assert (shadow["name"], shadow["pruner"]) == ("gentle", "Median")

        replayed = json.loads(world.espalier("replay", f"{namespace}/{name}", "--json"))
        assert replayed["decisions"] > 0
        assert replayed["differences"] == []
