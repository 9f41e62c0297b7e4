"""Up and down for real: twice, after a crash, beside other clusters."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.cluster import lifecycle, process
from tools.cluster.layout import Kind, Layout
from tools.cluster.progress import Progress

NAME = "tool-test"
COMPONENTS = {
    Kind.CONTROL_PLANE: {"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"},
}
COMPONENTS[Kind.FULL] = COMPONENTS[Kind.CONTROL_PLANE] | {
    "containerd",
    "coredns",
    "kube-proxy",
    "kubelet",
    "kwok",
}


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("ESPALIER_CLUSTER", NAME)
    yield
    for kind in Kind:
        lifecycle.down(NAME, kind, Progress())


def cli(*arguments: str) -> str:
    words = [sys.executable, "-m", "tools.cluster", *arguments]
    done = subprocess.run(
        words, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def kill_everything(layout: Layout) -> None:
    for name in process.recorded_names(layout.state):
        known = process.recorded(layout.state, name)
        assert known is not None
        known.signal(signal.SIGKILL)
        while known.alive():
            pass


def pids(layout: Layout) -> dict[str, int]:
    return {part.component: part.pid for part in lifecycle.status(layout) if part.alive}


@pytest.mark.parametrize("kind", Kind)
def test_a_cluster_survives_up_twice_and_a_crash(kind: Kind) -> None:
    layout = lifecycle.up(NAME, kind, Progress())
    first = pids(layout)
    assert set(first) == COMPONENTS[kind]
    assert lifecycle.is_up(layout)

    assert lifecycle.up(NAME, kind, Progress()) == layout
    assert pids(layout) == first, "what runs was started again"

    kill_everything(layout)
    assert not lifecycle.is_up(layout)
    assert "NOT UP" in cli("status")
    lifecycle.up(NAME, kind, Progress())
    assert set(pids(layout)) == COMPONENTS[kind]
    assert set(pids(layout).values()).isdisjoint(first.values())

    kill_everything(layout)
    assert lifecycle.down(NAME, kind, Progress())
    assert remains(layout) == []
    assert not lifecycle.down(NAME, kind, Progress())


def test_a_dead_component_alone_is_started_again() -> None:
    layout = lifecycle.up(NAME, Kind.CONTROL_PLANE, Progress())
    first = pids(layout)
    os.kill(first["kube-scheduler"], signal.SIGKILL)
    lifecycle.up(NAME, Kind.CONTROL_PLANE, Progress())
    changed = {name for name, pid in pids(layout).items() if first[name] != pid}
    assert changed == {"kube-scheduler"}


def test_the_commands_say_what_a_person_needs() -> None:
    up = cli("up", "--control-plane-only").strip()
    path = cli("kubeconfig").strip()
    assert up == f"export KUBECONFIG={path}"
    assert Path(path).is_file()
    status = cli("status")
    assert f"cluster {NAME} (control plane only): up" in status
    assert path in status
    for component in COMPONENTS[Kind.CONTROL_PLANE]:
        assert component in status
    cli("down")
    assert NAME not in cli("status")


def test_with_a_kubeconfig_of_one_s_own_nothing_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "mine"))
    assert cli("up") == ""
    assert cli("kubeconfig").strip() == str(tmp_path / "mine")
    assert lifecycle.find(NAME, Kind.FULL) is None


def test_one_name_has_two_kinds_side_by_side() -> None:
    bare = lifecycle.up(NAME, Kind.CONTROL_PLANE, Progress())
    full = lifecycle.up(NAME, Kind.FULL, Progress())
    assert bare.slot != full.slot
    assert lifecycle.is_up(bare)
    assert lifecycle.is_up(full)
    cli("down", "--control-plane-only")
    assert not bare.state.exists()
    assert lifecycle.is_up(full)


def remains(layout: Layout) -> list[str]:
    """Return what a cluster left behind on the machine."""
    places = [layout.state, layout.sockets, Path(f"/sys/class/net/{layout.veth[0]}")]
    if layout.kind is Kind.FULL:
        places += [Path(f"/run/netns/{layout.netns}")]
        places += [root / layout.cgroup for root in Path("/sys/fs/cgroup").iterdir()]
    mounts = Path("/proc/mounts").read_text().splitlines()
    return [str(place) for place in places if place.exists()] + [
        mount for mount in mounts if layout.cgroup in mount or str(layout.state) in mount
    ]
