"""The recorded curves: sane files, and a page that says what they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from espalier.backtest.curves import read_file, read_folder
from tools.curves.kinds import Facts, facts
from tools.curves.verify import verify

FOLDER = Path(__file__).parent.parent / "curves"
SETS = ("", "design", "heldout", "design2", "unseen")
PAGE = (FOLDER / "README.md").read_text(encoding="utf-8")
FILES = sorted(FOLDER.rglob("*.npz"))
NAMES = [path.relative_to(FOLDER).with_suffix("").as_posix() for path in FILES]
CONSTANT = {
    "design/qlearn_grid_success",
    "heldout/es_acrobot_return",
    "design2/sarsa_mountaincar_return",
}


def test_there_are_five_sets_whose_tasks_have_names_of_their_own():
    sets = [read_folder(FOLDER / name) for name in SETS]
    assert [len(tasks) for tasks in sets] == [6, 9, 9, 4, 4]
    assert len({task.name for tasks in sets for task in tasks}) == 32


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_task_is_of_the_kind_that_is_measured_on_it(path: Path):
    assert read_file(path).kind == facts(path.with_suffix(".json")).kind


@pytest.mark.parametrize(
    ("measured", "kind"),
    [
        pytest.param(Facts(0.0, 0.0, 0.9), "clean", id="no noise and steady ranks"),
        pytest.param(Facts(0.1, 0.15, 0.6), "clean", id="a little of each"),
        pytest.param(Facts(0.0, 0.1, 0.59), "crossing", id="ranks that turn over"),
        pytest.param(Facts(0.0, 0.16, 0.9), "noisy", id="noise, though ranks are steady"),
        pytest.param(Facts(0.2, 3.0, 0.1), "jumps", id="jumps, whatever the noise"),
    ],
)
def test_kinds_follow_from_what_is_measured(measured: Facts, kind: str):
    assert measured.kind == kind


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
