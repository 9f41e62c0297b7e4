"""docs/how-to/report-values.md, run as it stands."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from espalier_sidecar.collectors.log import LogFile
from espalier_sidecar.settings import read_settings
from tests.sidecar.fake_ingest import PRUNE, FakeIngest
from tests.sidecar.running import RunningSidecar
from tests.sidecar.test_process import wait_until
from tests.sidecar.test_settings import GOOD

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
        timeout=30,
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
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr
    assert (tmp_path / "reports.jsonl").read_text() == '{"step": 1, "value": 0.5}\n'


TRAINER = """
import os, time
print("epoch 1: val_accuracy 0.5")
while not os.path.exists("seen"):
    time.sleep(0.01)
raise SystemExit("CUDA out of memory")
"""


def test_the_line_that_keeps_a_log_loses_neither_values_nor_output_nor_the_exit_code(
    tmp_path: Path,
) -> None:
    shown = yaml.safe_load(next(text for language, text in BLOCKS if language == "yaml"))
    command = shown["template"]["spec"]["containers"][0]["command"]
    log = tmp_path / "train.log"
    (tmp_path / "train.py").write_text(TRAINER)
    line = command[-1].replace("/espalier/train.log", str(log)).replace("/app/", "")
    line = line.replace("python3", sys.executable)
    process = subprocess.Popen(
        [*command[:-1], line], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    wait_until(lambda: log.exists() and "epoch 1: val_accuracy 0.5\n" in log.read_text())
    assert process.poll() is None, "the value came only when the trainer had ended"
    (tmp_path / "seen").touch()
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert said == log.read_text() == "epoch 1: val_accuracy 0.5\nCUDA out of memory\n"


def test_the_shell_lines_report(sidecar: RunningSidecar, ingest: FakeIngest) -> None:
    for text in SHELL:
        script = text.replace("localhost:9321", f"localhost:{sidecar.port}")
        environment = trainer_environment(sidecar)
        subprocess.run(["sh", "-euc", script], env=environment, check=True, timeout=30)
    ingest.wait_for_steps([3, 4, 5])
    ingest.wait(lambda: len(ingest.stored) == 4)
    assert sorted(ingest.stored, key=str) == [
        ("loss", 5, None),
        ("val_accuracy", 3, 0.91),
        ("val_accuracy", 4, 0.92),
        ("val_accuracy", 5, 0.93),
    ]


def test_the_pattern_finds_what_the_example_trainer_prints() -> None:
    text = next(text for language, text in BLOCKS if language == "yaml")
    collector = yaml.safe_load(text)["collector"]
    _, log = read_settings({**GOOD, "ESPALIER_COLLECTOR": json.dumps(collector)}).sources
    assert isinstance(log, LogFile)
    found = log.pattern.search("epoch 3: val_accuracy 0.9125")
    assert found is not None
    assert found.groupdict() == {"step": "3", "value": "0.9125"}
