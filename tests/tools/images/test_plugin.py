"""The page on pruners of one's own, as it stands: its package in an image made from ours."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tools.cluster.images import BASE
from tools.cluster.layout import cache_folder
from tools.cluster.progress import Progress
from tools.images.build import build
from tools.images.recipe import RECIPES, ROOT
from tools.images.wheels import pip_in, wheelhouse

PAGE = (ROOT / "docs/how-to/write-a-pruner.md").read_text(encoding="utf-8")
FILES = re.findall(r"^```\w+\n# ([\w.]+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
IMAGE = "registry.local/espalier-operator:with-gap"
JUDGED = """
from espalier.pruning.pruners.registry import make
print(type(make("Gap", {"largest": 3.0})).__name__)
"""


def buildah(*words: str, folder: Path = ROOT) -> str:
    done = subprocess.run(
        ["buildah", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A container of the page's image, which was built without a network."""
    cache, progress = cache_folder(), Progress()
    operator = build(RECIPES["operator"], cache, progress)
    wheels = wheelhouse(cache, progress)
    folder = tmp_path_factory.mktemp("plugin")
    for name, text in FILES:
        (folder / name).write_text(text)
    dockerfile = (folder / "Dockerfile").read_text()
    pip = f"python3 /wheels/{pip_in(wheels)}/pip"
    offline = dockerfile.replace("python3 -m pip install", f"{pip} install --no-index -f /wheels")
    assert offline != dockerfile
    (folder / "Dockerfile").write_text(offline.replace("python:3.11-slim-bookworm", BASE))
    # By its number: another build may have taken its name.
    number = buildah("pull", "--quiet", f"docker-archive:{operator.archive}").split()[-1]
    buildah(
        *("build", "--quiet", "--isolation=chroot", "--volume", f"{wheels}:/wheels:ro"),
        *("--build-arg", f"OPERATOR={number}", "--tag", IMAGE, "."),
        folder=folder,
    )
    made = buildah("from", IMAGE).strip()
    yield made
    buildah("rm", made)
    buildah("rmi", IMAGE)


def test_the_page_has_all_files_of_the_package() -> None:
    assert {name for name, _ in FILES} == {
        "gap_pruner.py",
        "room_pruner.py",
        "test_gap_pruner.py",
        "pyproject.toml",
        "Dockerfile",
    }


def test_the_operator_of_that_image_finds_the_pruner(container: str) -> None:
    inside = ("run", "--isolation=chroot", "--user", "65532:65532", container, "--")
    assert buildah(*inside, "python3", "-c", JUDGED).split() == ["Gap"]
    assert "run" in buildah(*inside, "espalier", "--help")
