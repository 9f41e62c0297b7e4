"""A study's curves in the terminal, and as pictures that need nothing else."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from espalier.cli.main import main
from espalier.cli.showing.terminal_curves import drawn, legend
from espalier.pictures.curves import CurvesPicture
from tests.cli.asking.commanded import commanded

HOSTILE = "a<script>alert(1)</script>$x_y$ \x1b[31m&"


def of_log(exported: Path, *words: str, **env: str) -> Result:
    source = ["curves", "--from", str(exported / "digits.jsonl")]
    return CliRunner().invoke(main, [*source, *words], env=env)


def views(**curve: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return views of a study with three trials."""
    study = {
        "namespace": "ml",
        "name": "digits",
        "resource": {"name": "epoch", "max": 9},
        "objective": {"metric": "loss", "direction": "Minimize"},
    }
    common = {"rank": None, "prunedAt": None}
    trials: list[dict[str, Any]] = [
        {
            **common,
            "number": 0,
            "state": "Completed",
            "steps": [1, 5, 9],
            "values": [3.0, 2.0, 1.0],
        },
        {
            **common,
            "number": 1,
            "state": "Pruned",
            "steps": [1, 5],
            "values": [3.0, 2.9],
            "prunedAt": 5,
        },
        {**common, "number": 2, "state": "Failed", "steps": [1, 2], "values": [2.5, None]},
    ]
    trials[0] |= curve
    return study, {
        "metric": "loss",
        "direction": "Minimize",
        "horizon": 9,
        "trials": trials,
        "leftOut": 0,
        "best": 0,
    }


BAND = [{"step": step, "low": 2.0, "middle": 2.2, "high": 2.4} for step in (1, 5, 9)]


def test_a_terminal_shows_curves_with_where_they_were_cut(exported: Path) -> None:
    done = of_log(exported, COLUMNS="80", LINES="24")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert "x" in done.stdout.partition("epoch")[0]
    assert "best, trial 1000000000" in " ".join(lines[-2:])
    assert "val_accuracy" in done.stdout


@pytest.mark.parametrize("size", [(1, 1), (30, 10), (80, 20), (200, 60)])
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("plain", [False, True])
def test_any_size_and_scale_can_be_drawn(size: tuple[int, int], log: bool, plain: bool) -> None:
    shown = drawn(*views(), BAND, size, log=log, plain=plain)
    assert max(map(len, shown.plain.splitlines())) <= max(size[0], 30)
    assert not plain or all(each < "\u2800" or each > "\u28ff" for each in shown.plain)


@pytest.mark.parametrize(
    "values",
    [
        [None, None, None],
        [0.0, 0.0, 0.0],
        [-1.0, -2.0, -3.0],
        [1e308, -1e308, 0.0],
        [5e-324, 1.0, 1e300],
        [2.0, None, 3.0],
    ],
)
@pytest.mark.parametrize("log", [False, True])
def test_values_of_any_size_can_be_drawn(values: list[float | None], log: bool) -> None:
    study, curves = views(values=values)
    curves["trials"] = curves["trials"][:1]
    assert drawn(study, curves, [], (80, 20), log=log).plain
    for kind in ("svg", "png", "html"):
        assert CurvesPicture(study, curves).picture(kind, log=log)


def test_a_study_without_values_says_so(exported: Path) -> None:
    done = of_log(exported, "--trial", "999")
    assert "no curves" in done.stdout


def test_the_legend_says_by_more_than_colours_what_a_line_is() -> None:
    assert legend(views()[1], banded=True).plain.split() == [
        *("━", "best,", "trial", "0", "━", "completed", "━x", "pruned", "━", "failed"),
        *("--", "cut-off"),
    ]


class Loading(HTMLParser):
    """Collects what a page would load or run."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        loads = [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]
        self.loads += [each for each in loads if not each.startswith("#")]
        self.loads += [tag] if tag in ("script", "iframe", "object", "link", "img") else []
        self.loads += [name for name, _ in attrs if name.startswith("on")]


def test_a_page_loads_and_runs_nothing_whatever_names_say() -> None:
    study, curves = views()
    study |= {"name": HOSTILE, "resource": {"name": HOSTILE, "max": 9}}
    study["objective"] = {"metric": HOSTILE}
    curves["metric"] = HOSTILE
    trial = {
        **dict.fromkeys(("rank", "step", "latest", "pruned")),
        **{"number": 1, "state": HOSTILE, "parameters": {HOSTILE: HOSTILE}, "message": HOSTILE},
    }
    page = CurvesPicture(study, curves, BAND, [trial]).picture("html").decode()
    parser = Loading()
    parser.feed(page)
    assert parser.loads == []
    assert "<script" not in page
    assert "\x1b" not in page


def test_pictures_are_what_their_names_say(golden: str, tmp_path: Path) -> None:
    paths = {kind: tmp_path / f"c.{kind}" for kind in ("png", "svg", "html")}
    words = [word for kind, path in paths.items() for word in (f"--{kind}", str(path))]
    done, _ = commanded(golden, tmp_path, "curves", "digits", *words)
    assert done.exit_code == 0, done.output
    assert paths["png"].read_bytes().startswith(b"\x89PNG")
    assert ElementTree.fromstring(paths["svg"].read_text()).tag.endswith("svg")
    page = paths["html"].read_text()
    assert "<!doctype html>" in page
    assert "digits" in page
    assert page.count("<tr>") == 14


def test_the_same_curves_make_the_same_picture() -> None:
    assert CurvesPicture(*views()).picture("svg") == CurvesPicture(*views()).picture("svg")


def test_numbers_can_be_had_in_the_pictures_place(exported: Path) -> None:
    found = json.loads(of_log(exported, "-o", "json", "--most", "2").stdout)
    assert len(found["trials"]) == 2
    assert found["leftOut"] == 11


def test_without_matplotlib_it_is_said_what_to_install(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("espalier.pictures.curves.find_spec", lambda _: None)
    done = of_log(exported, "--png", str(tmp_path / "x.png"))
    assert done.exit_code == 2
    assert "pip install 'espalier[pictures]'" in done.stderr


def test_a_file_that_cannot_be_written_is_said(exported: Path) -> None:
    done = of_log(exported, "--svg", "/nosuch/folder/x.svg")
    assert done.exit_code == 2
    assert "/nosuch/folder/x.svg" in done.stderr
