"""Files and modules that the pages name are there; decision records tell of their own time."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BELOW = [
    ROOT,
    ROOT / "operator",
    ROOT / "operator/espalier",
    ROOT / "sidecar/espalier_sidecar",
    ROOT / "sidecar",
]
PAGES = [
    *ROOT.glob("*.md"),
    *(page for page in (ROOT / "docs").rglob("*.md") if "adr" not in page.parts),
    *(ROOT / "charts").rglob("*.md"),
]
FILE = re.compile(r"`([\w./-]+/[\w.-]+\.(?:py|toml|tpl))`")
MODULE = re.compile(r"`(espalier(?:_sidecar)?(?:\.\w+)+)[`(]")


def named(pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    for page in PAGES:
        if page.name != "CHANGELOG.md":
            for name in pattern.findall(page.read_text(encoding="utf-8")):
                yield page.relative_to(ROOT).as_posix(), name


@pytest.mark.parametrize(("page", "path"), sorted(set(named(FILE))))
def test_a_file_that_a_page_names_is_there(page: str, path: str) -> None:
    assert path in FOR_THE_READER_TO_WRITE or any((root / path).is_file() for root in BELOW)


FOR_THE_READER_TO_WRITE = {"operator/espalier/planning/workload/train_run.py"}
"""Files that a how-to has its reader add."""


def is_there(name: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    for root in (ROOT / "operator", ROOT / "sidecar"):
        parts = name.split(".")
        if root.joinpath(*parts).is_dir() or root.joinpath(*parts).with_suffix(".py").is_file():
            return True
        module = root.joinpath(*parts[:-1])
        for file in (module.with_suffix(".py"), module / "__init__.py"):
            if file.is_file() and re.search(rf"\b{parts[-1]}\b", file.read_text(encoding="utf-8")):
                return True
    return False


@pytest.mark.parametrize(("page", "name"), sorted(set(named(MODULE))))
def test_a_module_that_a_page_names_is_there(page: str, name: str) -> None:
    assert name in OTHER_NAMES or is_there(name)


OTHER_NAMES = {"espalier.pruners", "espalier.db.replaced"}
"""The entry point of plug-ins, and a file."""
