"""The shared volume at the directories that a trainer writes into."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.errors import SpecError
from espalier_sidecar.collectors.place import place_of
from tests.planning.workload.test_job import TRAINER, built, pod_of

SHARED = {"name": "espalier", "mountPath": "/espalier"}


def at(directory: str) -> dict[str, str]:
    return {"name": "espalier", "mountPath": directory, "subPath": f"mounts{directory}"}


def csv(directory: str | None) -> dict[str, Any]:
    section = {"path": f"{directory or '/espalier'}/metrics.csv", "directory": directory}
    return {"type": "Csv", "csv": {key: each for key, each in section.items() if each}}


def log(directory: str | None) -> dict[str, Any]:
    return {"type": "Log", "log": {**csv(directory)["csv"], "preset": "Keras"}}


def events(directory: str) -> dict[str, Any]:
    return {"type": "TensorBoard", "tensorBoard": {"directory": directory}}


def pod(collectors: list[dict[str, Any]], *mounts: dict[str, str], **more: Any) -> dict[str, Any]:
    volumes = [{"name": "data", "emptyDir": {}}]
    trainer = {**TRAINER, "volumeMounts": list(mounts)}
    template = {"spec": {"containers": [trainer], "volumes": volumes, **more}}
    found: dict[str, Any] = pod_of(built(template=template, collectors=collectors))
    return found


def mounts(collectors: list[dict[str, Any]], *own: dict[str, str]) -> list[dict[str, str]]:
    (trainer,) = pod(collectors, *own)["containers"]
    found: list[dict[str, str]] = trainer["volumeMounts"]
    return found


MOUNTED = {
    "a table's": ([csv("/work/runs")], ["/work/runs"]),
    "a log's": ([log("/work")], ["/work"]),
    "of event files": ([events("/work/tb")], ["/work/tb"]),
    "none, where a table lies in the volume": ([csv(None)], []),
    "none, where event files lie in the volume": ([events("/espalier/tb")], []),
    "one for two collectors": ([csv("/work"), log("/work"), events("/work")], ["/work"]),
    "two": ([csv("/work"), events("/works")], ["/work", "/works"]),
    "the outer of two": ([csv("/work"), events("/work/tb")], ["/work"]),
    "the outer of two, if it comes last": (
        [csv("/work/a"), events("/work/b"), log("/work")],
        ["/work"],
    ),
}


@pytest.mark.parametrize("which", MOUNTED)
def test_is_mounted_in_the_trainer(which: str) -> None:
    collectors, directories = MOUNTED[which]
    assert mounts(collectors) == [SHARED, *map(at, directories)]


def test_other_containers_and_the_sidecar_see_it_in_the_volume_only() -> None:
    other = {"name": "other", "image": "x"}
    found = pod([csv("/work")], initContainers=[other])
    for container in found["initContainers"]:
        assert {each["mountPath"] for each in container["volumeMounts"]} >= {"/espalier"}
        assert at("/work") not in container["volumeMounts"]


@pytest.mark.parametrize("path", ["/work/runs", "/work/runs/", "/work//runs/x", "/work", "/work/."])
def test_a_mount_of_the_templates_own_at_below_or_above_it_is_refused(path: str) -> None:
    with pytest.raises(SpecError, match=r"at, below or above /work/runs, .* have the trainer"):
        mounts([csv("/work/runs")], {"name": "data", "mountPath": path})


@pytest.mark.parametrize("path", ["/data", "/work/runs2", "/work/data"])
def test_a_mount_of_the_templates_own_elsewhere_stays(path: str) -> None:
    own = {"name": "data", "mountPath": path}
    assert mounts([csv("/work/runs")], own) == [own, SHARED, at("/work/runs")]


DIRECTORIES = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(
    lambda parts: "/" + "/".join(parts)
)


@given(st.lists(DIRECTORIES, min_size=1, max_size=5))
def test_each_collector_finds_what_the_trainer_writes(directories: list[str]) -> None:
    found = mounts([csv(directory) for directory in directories])
    for directory in directories:
        written = f"{directory}/metrics.csv"
        over = [each for each in found if written.startswith(f"{each['mountPath']}/")]
        (mount,) = over
        lies = f"/espalier/{mount['subPath']}{written.removeprefix(mount['mountPath'])}"
        assert lies == place_of(written, directory, "/espalier")
