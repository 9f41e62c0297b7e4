"""Jobs of a queued Study on a real API server, with a real Job controller and without a queue."""

from tests.integration.running import JOB, POD, TRIAL, operator, scenario, study


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
        waits = await at.wait_condition(TRIAL, "study-0", "Started", "False", "JobCreated")
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
