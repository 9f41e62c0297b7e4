"""Faults of a file are said at once, with their lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from espalier.cli.main import main
from espalier.cli.written.checking import check_text

ROOT = Path(__file__).resolve().parents[2]
BAD = """\
apiVersion: espalier.dev/v1alpha1
kind: Study
metadata: {name: bad}
spec:
  objective: {metric: loss, direction: minimize}
  resource: {max: 0}
  parameters:
  - name: lr
    float: {min: 1e-1, max: 1e-4}
  pruner: {type: ASHA}
  trails: {max: 3}
  template: {spec: {containers: [{name: trainer, image: x}]}}
"""


def validate(*words: str, text: str | None = None) -> Result:
    return CliRunner().invoke(main, ["validate", "--offline", *words], input=text)


def test_each_fault_is_said_with_its_line_and_what_is_meant() -> None:
    result = validate("-", text=BAD)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    for place, words in {
        "-:5: spec.objective.direction": "did you mean Minimize?",
        "-:6: spec.resource.max": "got 0",
        "-:9: spec.parameters[0].float": "max",
        "-:10: spec.pruner.type": "did you mean SuccessiveHalving?",
        "-:11: spec.trails": "did you mean trials?",
    }.items():
        assert any(line.startswith(place) and words in line for line in lines), (place, lines)


def test_the_examples_are_valid() -> None:
    files = sorted(map(str, (ROOT / "examples").glob("*/*.yaml")))
    result = validate(*files)
    assert result.exit_code == 0, result.stdout
    assert len(result.stdout.splitlines()) == len(files)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected a Study, got nothing"),
        ("- 1", "expected an object"),
        ("kind: Deployment", "nothing to check; not checked: Deployment"),
        ("kind: Stduy\napiVersion: espalier.dev/v1alpha1", "expected Study or PrunerProfile"),
        ("a: [", "expected YAML"),
        (BAD.replace("metadata: {name: bad}", ""), "metadata.name"),
        (BAD + "kind: Study\n", "each key once, got 'kind' again"),
    ],
)
def test_other_files_are_answered_in_words(text: str, said: str) -> None:
    assert said in validate("-", text=text).stdout


@given(st.text(alphabet="ab:{}[]-,&*!'\"\n #|>%\x00é", max_size=40))
def test_no_text_is_answered_by_a_traceback(text: str) -> None:
    check_text(text)
