"""Jobs of a queued Study on a real API server, with a real Job controller and without a queue."""

from dataclasses import replace

from tests.integration.running import (
    JOB,
    POD,
    SETTINGS,
    STUDY,
    TRIAL,
    operator,
    scenario,
    study,
)


@scenario
async def test_a_queued_studys_job_has_all_labels_of_kueue_and_waits_for_the_queue(
    control_plane, tmp_path
):
    async with operator(control_plane, tmp_path) as (at, _):
        made = study(trials={"max": 1, "parallelism": 1})
        made["metadata"] |= {
            "labels": {
                "kueue.x-k8s.io/queue-name": "team",
                "kueue.x-k8s.io/priority-class": "low",
                "other": "x",
            },
            "annotations": {"provreq.kueue.x-k8s.io/maxRunDurationSeconds": "600", "other": "x"},
        }
        await at.create(made)
        waits = await at.wait_condition(TRIAL, "study-0", "Started", "False", "HeldByQueue")
        assert "queue" in waits["message"]
        job = await at.get(JOB, "study-0")
        assert job["spec"]["suspend"] is True
        meta = job["metadata"]
        assert meta["labels"]["kueue.x-k8s.io/queue-name"] == "team"
        assert meta["labels"]["kueue.x-k8s.io/priority-class"] == "low"
        assert meta["annotations"]["provreq.kueue.x-k8s.io/maxRunDurationSeconds"] == "600"
        assert "other" not in meta["labels"] | meta["annotations"]
        assert await at.list(POD) == [], "no pod flashes by before the queue has seen the Job"
        await at.patch(JOB, "study-0", {"spec": {"suspend": False}})  # as a queue does
        await at.pod_of("study-0")


@scenario
async def test_a_queue_of_a_cluster_that_has_none_is_said(control_plane, tmp_path):
    soon = replace(SETTINGS, pod_patience=1.0)
    async with operator(control_plane, tmp_path, soon) as (at, _):
        body = study(trials={"max": 1, "parallelism": 1, "maxFailed": 1, "retries": 0})
        body["metadata"]["labels"] = {"kueue.x-k8s.io/queue-name": "team"}
        await at.create(body)
        said = await at.wait_condition(STUDY, "study", "Degraded", "True", "QueueRefuses")
        assert "does Kueue run" in said["message"]
