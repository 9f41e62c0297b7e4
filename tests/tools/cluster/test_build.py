"""How each part is built, and what a machine without the means is told."""

from pathlib import Path

import pytest

from tools.cluster import requirements
from tools.cluster.build import build, go_command, link_tools
from tools.cluster.errors import ClusterError
from tools.cluster.layout import Kind
from tools.cluster.parts import CONTROL_PLANE, KUBERNETES, NODE, QUEUE, STAGING, tool
from tools.cluster.progress import Progress

MODULES = Path(__file__).parents[3] / "tools" / "cluster" / "go"
PARTS = (*CONTROL_PLANE, *NODE, *QUEUE)


def test_every_command_has_one_part_and_a_path(tmp_path: Path) -> None:
    commands = [command for part in PARTS for command, _ in part.commands]
    assert len(commands) == len(set(commands))
    assert all(tool(tmp_path, command).parent.parent == tmp_path for command in commands)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_the_go_command_names_every_package_and_pins_it(part, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    words = go_command(part, part.commands, tmp_path)
    for _, package in part.commands:
        assert (package if part.module else f"{package}@v{part.version}") in words


def test_the_module_file_pins_the_version_that_the_tool_names() -> None:
    lines = (MODULES / "kubernetes" / "go.mod").read_text().splitlines()
    assert any(f"k8s.io/kubernetes v{KUBERNETES}" in line for line in lines)
    staging = [line.split()[-1] for line in lines if "=> k8s.io/" in line]
    assert len(staging) > 20
    assert set(staging) == {f"v{STAGING}"}


def test_what_is_in_the_cache_is_not_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for part in PARTS:
        for command, _ in part.commands:
            tool(tmp_path, command).parent.mkdir(parents=True, exist_ok=True)
            tool(tmp_path, command).touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    build(PARTS, tmp_path, Progress())


def test_without_go_one_is_told_where_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ClusterError, match=r"Go 1\.26 or later"):
        build(CONTROL_PLANE, tmp_path, Progress())


def test_the_links_follow_a_new_version(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "kubectl").symlink_to(tmp_path / "kubernetes-old" / "kubectl")
    tool(tmp_path, "kubectl").parent.mkdir()
    tool(tmp_path, "kubectl").touch()
    assert (link_tools(tmp_path) / "kubectl").resolve() == tool(tmp_path, "kubectl")


def test_without_root_one_is_told_what_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(ClusterError, match=r"need root.*\n.*--control-plane-only"):
        requirements.check(Kind.FULL, Progress())


@pytest.mark.parametrize(
    ("system", "kind", "told"),
    [
        pytest.param("Darwin", Kind.FULL, "containers need Linux", id="macOS runs no containers"),
        pytest.param("Windows", Kind.CONTROL_PLANE, "KUBECONFIG", id="Windows runs no etcd here"),
    ],
)
def test_on_another_system_one_is_told_what_works(
    system: str, kind: Kind, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    with pytest.raises(ClusterError, match=told):
        requirements.check(kind, Progress())


def test_macos_may_run_the_control_plane(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    requirements.check(Kind.CONTROL_PLANE, Progress())
