"""The code of the page on checkpoints, run as it stands, in two attempts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from espalier.planning.workload.building import build_workload
from tests.docs.test_examples import blocks, objects
from tests.patience import PATIENCE
from tests.planning import worlds

PAGE = "docs/how-to/checkpoints-and-retries.md"
KEEP, LOOP = (text for page, text in blocks("python") if page == PAGE)
AROUND = """
import time
steps = 4
def train(step, state):
    return (state or 0) + step, float(step)
def report(step, value):
    print(step, value, flush=True)
    while step == 2 and not os.path.exists("again"):
        time.sleep(0.01)
"""


def attempt(folder: Path) -> subprocess.Popen:
    code = f"{KEEP}\n{AROUND}\n{LOOP}"
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "CHECKPOINT": str(folder / "last.json")},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(("end", "code"), [(signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_an_attempt_goes_on_where_the_one_before_it_was_ended(end, code, tmp_path):
    first = attempt(tmp_path)
    assert [first.stdout.readline() for _ in (1, 2)] == ["1 1.0\n", "2 2.0\n"]
    first.send_signal(end)
    assert first.wait(timeout=PATIENCE) == code
    first.stdout.close()
    (tmp_path / "again").touch()
    second, _ = attempt(tmp_path).communicate(timeout=PATIENCE)
    assert second == "3 3.0\n4 4.0\n"
    assert json.loads((tmp_path / "last.json").read_text()) == {"step": 4, "state": 10}


def test_the_folder_is_named_after_what_every_attempt_has():
    (study,) = (study for page, study in objects() if page == PAGE)
    (container,) = study["spec"]["template"]["spec"]["containers"]
    (mount,) = container["volumeMounts"]
    assert mount["subPathExpr"] == f"{study['metadata']['name']}/$(ESPALIER_TRIAL_NUMBER)"
    given = build_workload(worlds.study(), worlds.trial(7), 7, worlds.SETTINGS)
    pod = given["spec"]["template"]["spec"]
    assert {"name": "ESPALIER_TRIAL_NUMBER", "value": "7"} in pod["containers"][0]["env"]
