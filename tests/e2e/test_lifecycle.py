"""What a person does to a running study: scale, suspend, enqueue, correct, delete."""

import json

from tests.e2e.studies import replay_study
from tests.e2e.world import DEPLOYMENT, SYSTEM, World, wait_for
from tests.patience import WITH_PATIENCE


def running(world: World, namespace: str, study: str) -> int:
    """Count the pods of a study that run and are not being deleted."""
    pods = world.get(
        "pods",
        namespace,
        None,
        "-l",
        f"espalier.dev/study={study}",
        "--field-selector=status.phase=Running",
    )
    return sum(1 for pod in pods if not pod["metadata"].get("deletionTimestamp"))


def test_kubectl_scale_changes_parallelism_live(world):
    with world.namespace("life-scale") as namespace:
        world.apply(replay_study("study", namespace, parallelism=1, steps=100))
        wait_for("one pod", lambda: running(world, namespace, "study") == 1)
        world.run("scale", "study/study", "-n", namespace, "--replicas=3")
        wait_for("three pods", lambda: running(world, namespace, "study") == 3)


def test_suspending_frees_the_gpus_and_resuming_goes_on(world):
    with world.namespace("life-suspend") as namespace:
        study = replay_study("study", namespace, trials=3, parallelism=2, steps=10)
        world.apply(study)
        wait_for("two pods", lambda: running(world, namespace, "study") == 2)
        world.run(
            "patch",
            "study",
            "study",
            "-n",
            namespace,
            "--type=merge",
            "-p",
            json.dumps({"spec": {"suspend": True}}),
        )
        wait_for("no pod", lambda: world.get("pods", namespace) == [])
        world.run(
            "patch",
            "study",
            "study",
            "-n",
            namespace,
            "--type=merge",
            "-p",
            json.dumps({"spec": {"suspend": False}}),
        )
        world.wait_condition(namespace, "study", "Succeeded")
        counts = world.get("study", namespace, "study")["status"]["counts"]
        assert counts["completed"] == 3
        assert counts["failed"] == 0


def test_a_trial_made_by_hand_runs_as_an_enqueued_configuration(world):
    with world.namespace("life-enqueue") as namespace:
        world.apply(replay_study("study", namespace, trials=4, parallelism=1, steps=5))
        wait_for("the first pod", lambda: running(world, namespace, "study") == 1)
        world.apply(
            {
                "apiVersion": "espalier.dev/v1alpha1",
                "kind": "Trial",
                "metadata": {"name": "my-idea", "namespace": namespace},
                "spec": {"study": {"name": "study"}, "parameters": {"curve": 3}},
            }
        )
        world.wait_condition(namespace, "study", "Succeeded")
        mine = world.get("trial", namespace, "my-idea")
        assert mine["status"]["phase"] == "Completed"
        assert mine["status"]["step"] == 5


def test_a_template_that_the_api_server_refuses_is_explained_and_correcting_it_recovers(world):
    with world.namespace("life-bad") as namespace:
        good = replay_study("study", namespace, trials=1, parallelism=1, steps=3)
        bad = json.loads(json.dumps(good))
        bad["spec"]["template"]["spec"]["containers"] = []
        world.apply(bad)
        condition = world.wait_condition(namespace, "study", "Accepted", "False")
        assert "spec.template.spec.containers" in condition["message"]
        world.apply(good)
        world.wait_condition(namespace, "study", "Succeeded")


def test_a_namespace_can_be_deleted_while_the_operator_is_down(world):
    with world.namespace("life-gone") as namespace:
        world.apply(replay_study("study", namespace, trials=4, parallelism=2, steps=100))
        wait_for("two pods", lambda: running(world, namespace, "study") == 2)
        world.run("scale", DEPLOYMENT, "-n", SYSTEM, "--replicas=0")
        try:
            world.run("delete", "namespace", namespace, "--wait=true", WITH_PATIENCE)
        finally:
            world.run("scale", DEPLOYMENT, "-n", SYSTEM, "--replicas=1")
            world.operator_pod()
        wait_for(
            "the operator to forget the study",
            lambda: f"{namespace}/study" not in world.espalier("export", "--list"),
        )


def test_deleting_a_trial_ends_its_job_and_the_study_goes_on(world):
    with world.namespace("life-trial") as namespace:
        world.apply(replay_study("study", namespace, trials=3, parallelism=1, steps=6))
        wait_for("the first pod", lambda: running(world, namespace, "study") == 1)
        world.run("delete", "trial", "study-0", "-n", namespace)
        world.wait_condition(namespace, "study", "Succeeded")
        wait_for("its Job to be gone", lambda: world.get("jobs", namespace, "study-0") is None)
