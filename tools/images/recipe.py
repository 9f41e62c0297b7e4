"""What images there are, and what each is made of."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Recipe:
    """One image.

    Parameters
    ----------
    name
        Repository and tag.
    dockerfile
        Its Dockerfile.
    inputs
        The files and folders that it copies, as paths from the root of the repository.
    installs
        Whether its build stage installs wheels.
    """

    name: str
    dockerfile: str
    inputs: tuple[str, ...]
    installs: bool = False


TRAINERS = (
    "csv_history",
    "lightgbm_train",
    "prometheus_gauges",
    "sklearn_mlflow",
    "tensorboardx_writer",
    "xgboost_train",
)
"""Scripts as people write them, one a library."""

RECIPES = {
    "operator": Recipe(
        "registry.local/espalier-operator:dev",
        "operator/Dockerfile",
        (
            "operator/build-requirements.txt",
            "operator/requirements.txt",
            "pyproject.toml",
            "README.md",
            "LICENSE",
            "operator/espalier",
            "sidecar/espalier_sidecar",
        ),
        installs=True,
    ),
    "sidecar": Recipe(
        "registry.local/espalier-sidecar:dev", "sidecar/Dockerfile", ("sidecar/espalier_sidecar",)
    ),
    "digits": Recipe(
        "registry.local/digits:dev",
        "examples/digits/Dockerfile",
        (
            "examples/digits/extract-requirements.txt",
            "examples/digits/requirements.txt",
            *(
                f"examples/digits/{name}.py"
                for name in ("extract_digits", "train", "network", "optimizers", "report")
            ),
        ),
        installs=True,
    ),
    "replay": Recipe(
        "registry.local/replay:dev",
        "examples/replay/Dockerfile",
        ("examples/replay/replay.py", "examples/replay/curves.json"),
    ),
    "trainers": Recipe(
        "registry.local/trainers:dev",
        "examples/trainers/Dockerfile",
        (
            "examples/trainers/requirements.txt",
            *(f"examples/trainers/{name}.py" for name in TRAINERS),
        ),
        installs=True,
    ),
    "model-pruning": Recipe(
        "registry.local/model-pruning:dev",
        "examples/model-pruning/Dockerfile",
        (
            "examples/digits/extract-requirements.txt",
            "examples/digits/requirements.txt",
            "examples/digits/extract_digits.py",
            *(f"examples/model-pruning/{name}.py" for name in ("train", "network")),
        ),
        installs=True,
    ),
    "ccp-alpha": Recipe(
        "registry.local/ccp-alpha:dev",
        "examples/ccp-alpha/Dockerfile",
        (
            "examples/digits/extract-requirements.txt",
            *(f"examples/ccp-alpha/{name}.py" for name in ("models", "folds", "trees", "path")),
        ),
        installs=True,
    ),
}
DEPLOYED = ("operator", "sidecar", "digits", "replay")
"""Those that are brought to a cluster with the chart; who wants another example makes its own."""


def fingerprint(recipe: Recipe, more: Iterable[bytes]) -> str:
    """Give a name for the image's contents: it changes when an input, or `more`, does."""
    digest = hashlib.sha256()
    for path in (recipe.dockerfile, *recipe.inputs):
        for file in _files(ROOT / path):
            content = hashlib.sha256(file.read_bytes()).digest()
            digest.update(f"{file.relative_to(ROOT)}\0".encode() + content)
    for part in more:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:16]


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    found = (file for file in path.rglob("*") if file.is_file())
    return sorted(file for file in found if "__pycache__" not in file.parts)
