"""The page on recommendations: its capture is of this program, and its numbers are the code's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import yaml
from click.testing import CliRunner

from espalier.api import parse_study
from espalier.backtest.recommend.certainty import needed
from espalier.backtest.recommend.pools import BEST_LEFT_OUT, HALVINGS
from espalier.backtest.recommend.records import FEWEST_WHOLE, Sample
from espalier.backtest.recommend.strictnesses import all_types, strictnesses
from espalier.cli.main import main
from espalier.engine.control.warm_starts import AGAIN
from espalier.planning.profiled_pruner import found_in_profile
from espalier.planning.world.pruner_lookup import ProfileLookup, pruner_lookup_of
from espalier.pruning.pruners.goal import Goal
from tests.backtest.recommend.recorded_studies import smooth
from tests.cli.test_recommend import FEW, PAGE, QUICK, write_task
from tests.docs.test_examples import ROOT, blocks

TEXT = (ROOT / PAGE).read_text()


def capture() -> str:
    (shown,) = [text for page, text in blocks("text") if page == PAGE]
    return shown


SAID = (
    r"\w+: \d+ whole curves of \d+ steps\. \d+ lists, of at most \d+ trials, \d+ workers?; ",
    r"pruner saved lost more than default",
    r"→ Auto \(default\) \d+% \(\d+%-\d+%\) \d+% \(\d+%-\d+%\) \+0% \(\+0%, \+0%\)",
    r"measured on the halves of the trials that it did not see, such a choice comes to",
    r"The lists are won by \d+ different trials, worth \d+\.\d independent ones; to show that",
    r"Cannot be told from Auto: ",
    r"spec: pruner: type: Auto$",
)
"""What is said of a study from which nothing better than the default comes."""


def test_the_capture_says_what_the_program_says_and_fits_into_80_columns(tmp_path):
    write_task(tmp_path, smooth("made", trials=60))
    twin = "{type: Auto, auto: {risk: 0.0500001}}"
    words = ["recommend", str(tmp_path), *QUICK, "--pruner", "Nop", "--pruner", twin]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    for text in (result.stdout, capture()):
        joined = " ".join(text.split())
        assert [form for form in SAID if not re.search(form, joined)] == []
    assert max(map(len, capture().splitlines())) <= 80


def test_every_pruner_in_the_capture_is_tried():
    labels = {each.label for each in strictnesses(all_types(), Goal.KEEP_WINNER)} | {"Auto"}
    words = " ".join(capture().split())
    rows = re.findall(r"^(?:→ |  ) ([A-Z]\w+)", capture(), re.MULTILINE)
    assert set(rows) == {label.split()[0] for label in labels} - {"pruner"}
    (first,) = re.findall(r"On all lists (.+?) comes out first|Take (.+?)\. ", words)
    assert "".join(first) in labels


def test_the_numbers_of_the_page_are_those_of_the_code():
    assert f"count, {FEWEST_WHOLE} at least" in TEXT
    assert HALVINGS == 4
    assert "halved four times" in TEXT
    assert BEST_LEFT_OUT == 4
    assert "best one, two and three trials are left out" in TEXT
    assert f"takes {needed(0.05)} different winners to show" in TEXT
    assert all(f"`{each}`" in TEXT for each in Sample)


def test_the_profile_of_the_page_suits_the_study_that_names_it():
    shown = [yaml.safe_load(text) for page, text in blocks("yaml") if page == PAGE]
    (profile,) = [each for each in shown if each["kind"] == "PrunerProfile"]
    (naming,) = [each for each in shown if each["spec"]["pruner"]["type"] == "Profile"]
    wanted = pruner_lookup_of(parse_study(naming).spec)
    assert isinstance(wanted, ProfileLookup)
    assert wanted.name == profile["metadata"]["name"]
    found = found_in_profile(wanted, profile)
    assert found["pruner"]["type"] == "Posterior"
    assert all(f"`{key}`" in TEXT for key in found["told"]["profile"])
    assert f"again every {AGAIN:.0f} seconds" in TEXT


def test_the_profile_of_the_page_has_what_the_command_prints(tmp_path):
    write_task(tmp_path, smooth("made", trials=60))
    words = ["recommend", str(tmp_path), *QUICK, *FEW, "--profile", "made"]
    made = yaml.safe_load(CliRunner().invoke(main, words).stdout)
    (shown,) = [yaml.safe_load(t) for p, t in blocks("yaml") if p == PAGE and "kind: PrunerP" in t]
    assert list(made["spec"]["provenance"]) == list(shown["spec"]["provenance"])


def test_the_page_names_every_key_of_the_json(tmp_path):
    write_task(tmp_path, smooth("made", trials=60))
    keys = set()
    for goal in ("KeepWinner", "BestUnderBudget"):
        words = ["recommend", str(tmp_path), *QUICK, *FEW, "-o", "json", "--goal", goal]
        keys |= set(_keys(json.loads(CliRunner().invoke(main, words).stdout)))
    assert {key for key in keys if f"`{key}`" not in TEXT} == set()


def _keys(value: object) -> Iterator[str]:
    """Give all keys, but those of a pruner's settings and the labels in `chosen`."""
    if isinstance(value, dict):
        yield from value
        for key, inner in value.items():
            if key != "pruner" and not (key == "chosen" and isinstance(inner, dict)):
                yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)
