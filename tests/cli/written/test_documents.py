"""A field is found on its line."""

from __future__ import annotations

import pytest

from espalier.cli.written.documents import read_documents
from espalier.errors import SpecError

TEXT = """\
# a comment
kind: Study
spec:
  parameters:
  - {name: lr, float: {min: 1e-4, max: 1}}
  - name: layers
    int: {min: 1, max: 8}
  template:
    metadata:
      annotations: {a.b/c: "1"}
---
kind: Study
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("", 2),
        ("kind", 2),
        ("spec.parameters[0].float.min", 5),
        ("spec.parameters[1].int", 7),
        ("spec.parameters[layers].int", 7),
        ("spec.parameters[1].float.min", 6),
        ("spec.trials.max", 3),
        ("spec.template.metadata.annotations[a.b/c]", 10),
        ("nonsense[[", 2),
    ],
)
def test_the_line_of_a_field_is_that_of_the_nearest_above_it(path: str, line: int) -> None:
    first, _ = read_documents(TEXT)
    assert first.line(path) == line


def test_lines_of_later_documents_are_those_of_the_file() -> None:
    assert read_documents(TEXT)[1].line("kind") == 12


def test_numbers_and_dates_are_what_kubectl_takes_them_for() -> None:
    (document,) = read_documents("{a: 1e-4, b: 1E5, c: 2026-11-28, d: 12, e: '1e-4', f: .5}")
    assert document.value == {
        "a": 1e-4, "b": 1e5, "c": "2026-11-28", "d": 12, "e": "1e-4", "f": 0.5,
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "a: b: c",
        "\t- x",
        "&a [*a]",
        "!!python/object/apply:os.system [id]",
        "[" * 5000,
        "a: \x00",
        "x" * 2_000_000,
    ],
)
def test_what_is_no_yaml_is_said_in_words(text: str) -> None:
    with pytest.raises(SpecError, match="expected"):
        read_documents(text)


def test_keys_that_come_twice_are_found() -> None:
    (document,) = read_documents("a: 1\nb: {c: 1, c: 2}\na: 3\n")
    assert list(document.twice()) == [(3, "a"), (2, "c")]
