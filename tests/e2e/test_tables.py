"""A table that the trainer writes into a directory of its own, as another user than the sidecar."""

from typing import Any

from tests.e2e.studies import RESTRICTED, replay_study
from tests.e2e.world import World
from tests.patience import PATIENCE

STEPS = 12
TRIALS, GOOD = 6, 2
"""How many trials there are, and how many of them have values below the pruner's limit."""
TRAINER = f"""
import csv, os, signal, sys, time

signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
number = int(os.environ["PARAM_curve"])
folder = "/work/runs/lightning_logs/version_0"
os.makedirs(folder)
rows, columns = [], []

def log(**row):
    rows.append(row)
    new = row.keys() - set(columns)
    columns.extend(new)
    columns.sort()
    with open(folder + "/metrics.csv", "w" if new else "a", newline="") as file:
        writer = csv.DictWriter(file, columns)
        if new:
            writer.writeheader()
        writer.writerows(rows if new else rows[-1:])

for step in range(1, {STEPS + 1}):
    log(step=step, train_loss=number + 2 / step)
    log(step=step, **{{"val/nll": number + 1 / step}})
    # One that is to be pruned waits for it: it could end before anybody has decided.
    time.sleep({PATIENCE} if number >= {GOOD} and step == {STEPS // 2} else 0.3)
"""


def test_trials_are_pruned_by_what_their_tables_say(world: World) -> None:
    with world.namespace("tables") as namespace:
        studies = {f"user-{user}": user for user in (1234, 0)}
        for name, user in studies.items():
            world.apply(study_of(name, namespace, user))
        for name in studies:
            world.wait_condition(namespace, name, "Succeeded")
            counts = world.get("study", namespace, name)["status"]["counts"]
            assert counts["failed"] == 0
            assert counts["pruned"] == TRIALS - GOOD
            curves = {
                each["spec"]["number"]: each["spec"]["parameters"]["curve"]
                for each in world.trials(namespace, name)
            }
            for row in world.log_of(namespace, name):
                if row["kind"] == "observation":
                    base = {"nll": 1, "train_loss": 2}[row["metric"]]
                    assert row["value"] == curves[row["trial"]] + base / row["step"]


def study_of(name: str, namespace: str, user: int) -> dict[str, Any]:
    """Return a study whose trainer runs as some user."""
    section = {"path": "/work/runs/lightning_logs/*/metrics.csv", "directory": "/work/runs"}
    study = replay_study(
        name,
        namespace,
        trials=TRIALS,
        parallelism=2,
        steps=STEPS,
        pruner={"type": "Threshold", "threshold": {"upper": GOOD, "warmupSteps": 2}},
        pruning={"gracePeriodSeconds": 2, "keepBest": 0, "exemptPercent": 0},  # none is spared
        collector={"type": "Csv", "csv": section, "metrics": {"val/nll": "nll"}},
    )
    (container,) = study["spec"]["template"]["spec"]["containers"]
    rights: dict[str, Any] = {**RESTRICTED, "runAsUser": user, "runAsNonRoot": user != 0}
    container.update(command=["python3", "-c", TRAINER], args=[], securityContext=rights)
    return study
