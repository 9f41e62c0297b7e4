"""docs/how-to/report-values.md, run as it stands."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tests.sidecar.fake_ingest import PRUNE, FakeIngest
from tests.sidecar.running import RunningSidecar
from tests.sidecar.test_process import wait_until

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "report-values.md").read_text()
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOCKS = FENCE.findall(PAGE)
HELPERS = [text for language, text in BLOCKS if language == "python" and "def report" in text]
LOOP = next(text for language, text in BLOCKS if language == "python" and "for epoch" in text)
SHELL = [text for language, text in BLOCKS if language == "sh"]


def trainer_environment(sidecar: RunningSidecar) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        # What is said on localhost must not go this way.
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "ESPALIER_REPORT_URL": f"http://localhost:{sidecar.port}/report",
        "ESPALIER_REPORT_FILE": str(sidecar.directory / "reports.jsonl"),
        "ESPALIER_PRUNE_FILE": str(sidecar.directory / "prune"),
    }


def run(code: str, sidecar: RunningSidecar) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=trainer_environment(sidecar),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("helper", HELPERS, ids=["file", "http"])
def test_the_helper_has_five_lines_and_reports(
    helper: str, sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    assert len(helper.splitlines()) == 5
    said = run(f"{helper}\nprint(report(1, 0.5), report(2, float('nan')))", sidecar)
    assert said == "False False\n"
    ingest.wait_for_steps([1, 2])
    assert ingest.stored == [("val_accuracy", 1, 0.5), ("val_accuracy", 2, None)]


@pytest.mark.parametrize("helper", HELPERS, ids=["file", "http"])
def test_the_loop_stops_when_its_trial_is_pruned(
    helper: str, sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    ingest.decision = PRUNE
    sidecar.post({"step": 0, "value": 0.1})
    wait_until((sidecar.directory / "prune").exists)
    around = (
        "epochs = 9\ndef train_and_validate(epoch): return epoch / 10\n"
        "def save_checkpoint(): print('saved after', epoch)\n"
    )
    assert run(f"{helper}\n{around}\n{LOOP}", sidecar) == "saved after 1\n"
    ingest.wait_for_steps([0, 1])


def test_the_example_trainer_uses_the_five_lines() -> None:
    code = (ROOT / "examples" / "digits" / "report.py").read_text()
    for line in HELPERS[0].splitlines()[1:]:
        assert line in code.splitlines()


@pytest.mark.parametrize("helper", HELPERS[:1], ids=["file"])
def test_the_helper_does_no_harm_outside_of_a_trial(helper: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"{helper}\nprint(report(1, 0.5))"],
        env={"PATH": os.environ["PATH"]},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr
    assert (tmp_path / "reports.jsonl").read_text() == '{"step": 1, "value": 0.5}\n'


def test_the_shell_lines_report(sidecar: RunningSidecar, ingest: FakeIngest) -> None:
    for text in SHELL:
        script = text.replace("localhost:9321", f"localhost:{sidecar.port}")
        environment = trainer_environment(sidecar)
        subprocess.run(["sh", "-euc", script], env=environment, check=True, timeout=PATIENCE)
    ingest.wait_for_steps([3, 4, 5])
    ingest.wait(lambda: len(ingest.stored) == 4)
    assert sorted(ingest.stored, key=str) == [
        ("loss", 5, None),
        ("val_accuracy", 3, 0.91),
        ("val_accuracy", 4, 0.92),
        ("val_accuracy", 5, 0.93),
    ]
