"""What writes event files where a variable says is told the collector's directory."""

import pytest

from tests.planning.workload.test_job import built, pod_of
from tests.planning.worlds import SETTINGS

NAME = "TENSORBOARD_LOGGING_DIR"


def values(collectors, **container):
    """Return the values that the trainer's variable is given, the last of which counts."""
    trainer = {"name": "trainer", "image": "x", **container}
    job = built(SETTINGS, collectors=collectors, template={"spec": {"containers": [trainer]}})
    env = pod_of(job)["containers"][0]["env"]
    return [each["value"] for each in env if each["name"] == NAME]


@pytest.mark.parametrize("directory", ["/espalier/tensorboard", "/work/runs", "/work/$(PARAM_x)"])
def test_the_directory_is_told(directory):
    collector = {"type": "TensorBoard", "tensorBoard": {"directory": directory}}
    assert values([collector]) == [directory.replace("$", "$$")]


def test_what_the_template_says_stands():
    collector = {"type": "TensorBoard", "tensorBoard": {"directory": "/work"}}
    env = [{"name": NAME, "value": "/work/logs"}]
    assert values([collector], env=env) == ["/work/logs"]


def test_no_other_type_says_one():
    assert values([{"type": "Auto"}]) == []
