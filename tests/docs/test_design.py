"""The map of the layers is the one that import-linter keeps."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/explanation/design.md").read_text(encoding="utf-8")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]["contracts"]


def test_the_layers_are_drawn_as_they_are_checked() -> None:
    (checked,) = (each["layers"] for each in CONTRACTS if each["name"].startswith("Each layer"))
    drawn = f"`{' → '.join(checked).replace('espalier.', '')}`"
    assert drawn in PAGE


def test_every_package_has_its_row() -> None:
    packages = {
        each.name
        for each in (ROOT / "operator/espalier").iterdir()
        if (each / "__init__.py").is_file()
    }
    assert packages <= set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
