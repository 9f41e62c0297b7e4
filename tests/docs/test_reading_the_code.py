"""The reading path is walked: each file is there, has what it is read for, and leads on."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_mirror import reach

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/explanation/reading-the-code.md").read_text(encoding="utf-8")
OPERATOR, SIDECAR = ROOT / "operator/espalier", ROOT / "sidecar/espalier_sidecar"
STOP = re.compile(r"^(\d+)\. `([\w/.]+)`: `([\w.]+)`", re.MULTILINE)
WAYS = {
    title: STOP.findall(text)
    for title, _, text in (part.partition("\n") for part in PAGE.split("\n## ")[1:])
}
STOPS = [
    pytest.param(path, name, id=f"{title} {number}: {name}")
    for title, stops in WAYS.items()
    for number, path, name in stops
]


def file_of(path: str) -> Path:
    return next(root / path for root in (OPERATOR, SIDECAR) if (root / path).is_file())


def defined(body: list[ast.stmt]) -> Iterator[tuple[str, list[ast.stmt]]]:
    """Yield the names that statements define, each with what is inside."""
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.body
        elif isinstance(node, ast.Assign):
            yield from ((each.id, []) for each in node.targets if isinstance(each, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, []


@pytest.mark.parametrize(("path", "name"), STOPS)
def test_a_file_has_what_it_is_read_for(path: str, name: str) -> None:
    body = ast.parse(file_of(path).read_text(encoding="utf-8")).body
    for part in name.split("."):
        found = dict(defined(body))
        assert part in found
        body = found[part]


@pytest.mark.parametrize("title", WAYS)
def test_the_stops_are_numbered_in_order_and_no_file_comes_twice(title: str) -> None:
    assert [int(number) for number, _, _ in WAYS[title]] == list(range(1, len(WAYS[title]) + 1))
    paths = [path for _, path, _ in WAYS[title]]
    assert len(set(paths)) == len(paths) > 10


@pytest.mark.parametrize("title", WAYS)
def test_each_file_is_reached_from_one_that_was_read_before(title: str) -> None:
    """Or, where the sidecar's message and a commit's word lead on, from what wires both sides."""
    files = [file_of(path) for _, path, _ in WAYS[title]]
    starts = {
        OPERATOR / "process/core.py",
        OPERATOR / "process/operator.py",
        OPERATOR / "process/reader.py",
        SIDECAR / "sidecar.py",
    }
    for place, file in enumerate(files):
        before = {*files[:place], *starts}
        assert any(file == each or file in reach(each) for each in before), file
