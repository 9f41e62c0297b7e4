"""The recorded curves: sane files, and a page that says what they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from espalier.backtest.curves import read_file, read_folder
from tools.curves.verify import verify

FOLDER = Path(__file__).parent.parent / "curves"
PAGE = (FOLDER / "README.md").read_text(encoding="utf-8")
FILES = sorted(FOLDER.rglob("*.npz"))
NAMES = [path.relative_to(FOLDER).with_suffix("").as_posix() for path in FILES]
CONSTANT = {"design/qlearn_grid_success", "heldout/es_acrobot_return"}


def test_there_are_three_sets_whose_tasks_have_names_of_their_own():
    sets = [read_folder(folder) for folder in (FOLDER, FOLDER / "design", FOLDER / "heldout")]
    assert [len(tasks) for tasks in sets] == [6, 9, 9]
    assert len({task.name for tasks in sets for task in tasks}) == 24


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_the_page_gives_each_task_with_its_size(path: Path):
    curves = read_file(path)
    name = path.relative_to(FOLDER).with_suffix("").as_posix()
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
    size = re.search(r"\| (\d+) × (\d+)", row)
    assert size is not None
    assert (int(size[1]), int(size[2])) == (len(curves), curves.steps)
    assert row.split("|")[3].strip().endswith(curves.direction.value[:3].lower())


@pytest.mark.parametrize("name", [name for name in NAMES if "/" in name])
def test_a_task_that_was_made_here_is_sane(name: str):
    failed = verify(FOLDER / f"{name}.json")
    assert failed == (["more than 25 % constant curves"] if name in CONSTANT else [])
