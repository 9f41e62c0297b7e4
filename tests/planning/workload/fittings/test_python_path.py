"""The report library is on the trainer's path, unless the template has a path of its own."""

import pytest

from espalier_sidecar.trainers_library import FOLDER
from tests.planning.workload.test_job import TRAINER, built, pod_of


@pytest.mark.parametrize("type_", ["Auto", "Local", "Kubeflow"])
def test_the_trainer_finds_the_library(type_: str) -> None:
    (trainer,) = pod_of(built(collector={"type": type_}))["containers"]
    paths = [each["value"] for each in trainer["env"] if each["name"] == "PYTHONPATH"]
    assert paths == [f"/espalier/{FOLDER}"]


def test_a_path_of_the_templates_own_is_left_alone() -> None:
    own = {"name": "PYTHONPATH", "value": "/app"}
    template = {"spec": {"containers": [{**TRAINER, "env": [own]}]}}
    (trainer,) = pod_of(built(template=template))["containers"]
    assert [each for each in trainer["env"] if each["name"] == "PYTHONPATH"] == [own]


def test_what_a_config_map_may_set_is_not_hidden() -> None:
    from_map = [{"configMapRef": {"name": "paths"}}]
    template = {"spec": {"containers": [{**TRAINER, "envFrom": from_map}]}}
    (trainer,) = pod_of(built(template=template))["containers"]
    assert not [each for each in trainer["env"] if each["name"] == "PYTHONPATH"]
