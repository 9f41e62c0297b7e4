"""A script as people write them: it logs with MLflow in every way, and knows of nothing else."""

import json
import os
import sys

import mlflow

logged = []


def note(name, step, value):
    logged.append([name, step, value])


with mlflow.start_run(tags={"team": "vision"}) as run:
    mlflow.log_param("lr", 0.1)
    mlflow.log_params({"depth": 3, "optimiser": "sgd"})
    mlflow.set_tag("purpose", "trial")
    for epoch in range(5):
        value = 1 / (epoch + 2)
        mlflow.log_metric("without step", value)
        note("without step", epoch + 1, value)
        mlflow.log_metric("val/loss", value, step=epoch)
        note("val/loss", epoch, value)
        mlflow.log_metrics({"accuracy": 1 - value, "nan": float("nan")}, step=(epoch + 1) * 100)
        note("accuracy", (epoch + 1) * 100, 1 - value)
        note("nan", (epoch + 1) * 100, None)
        mlflow.log_metric("later", value, step=epoch + 1, synchronous=False)
        note("later", epoch + 1, value)
        mlflow.log_metrics({"later, without step": value}, synchronous=False)
        note("later, without step", epoch + 1, value)
    mlflow.flush_async_logging()
    mlflow.log_metric("infinite", float("inf"), step=2)
    note("infinite", 2, None)
    mlflow.log_metric("once", 0.25)
    note("once", 1, 0.25)
    mlflow.log_text("as it is", "notes/a.txt")
    with mlflow.start_run(nested=True):
        mlflow.log_metric("of a part", 0.5, step=4)
        note("of a part", 4, 0.5)
    kept = mlflow.get_run(run.info.run_id)
    if "MLFLOW_RUN_ID" not in os.environ:
        assert kept.data.params["optimiser"] == "sgd", kept
    assert mlflow.artifacts.load_text(f"{mlflow.get_artifact_uri()}/notes/a.txt") == "as it is"

json.dump({"run": run.info.run_id, "logged": logged}, sys.stdout)
