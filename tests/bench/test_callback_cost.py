"""What values cost the trainer: Hugging Face's callback, and the report library. Prints figures."""

import json
import os
import subprocess
from pathlib import Path

from tests.sidecar.fake_ingest import FakeIngest
from tests.sidecar.running import SOURCE, RunningSidecar
from tools.trainers import python_of

HERE = Path(__file__).parent
TRAINERS = HERE.parent / "sidecar" / "trainers"
BETWEEN_POSTS = 5.0
STEP = 0.1


def test_a_trainer_gives_less_than_a_hundredth_of_its_time(tmp_path: Path) -> None:
    ingest = FakeIngest(tmp_path)
    collectors = json.dumps([{"type": "Kubeflow", "kubeflow": {"step": "GlobalStep"}}])
    sidecar = RunningSidecar(tmp_path, ingest.url, ingest.ca_pem, ESPALIER_COLLECTORS=collectors)
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join((str(TRAINERS), str(SOURCE / "espalier_sidecar"))),
        "KUBEFLOW_TRAINER_SERVER_URL": f"http://localhost:{sidecar.port}/kubeflow",
        "KUBEFLOW_TRAINER_SERVER_TOKEN": str(sidecar.directory / "kubeflow-token"),
        "ESPALIER_REPORT_FILE": str(sidecar.directory / "reports.jsonl"),
        "ESPALIER_PRUNE_FILE": str(sidecar.directory / "prune"),
    }
    try:
        command = [python_of("loggers"), str(HERE / "callback_child.py")]
        took = json.loads(subprocess.check_output(command, env=environ, text=True))
        resident = sidecar.resident_kib() / 1024
    finally:
        sidecar.kill()
        ingest.close()
    share = took["post"] / BETWEEN_POSTS + took["step"] / STEP
    print()
    print(f"  a post, of which there is one in 5 s {took['post'] * 1e3:9.2f} ms")
    print(f"  a step's end without a post          {took['step'] * 1e6:9.2f} us")
    print(f"  the callback's share of 100 ms steps {share * 100:9.3f} %")
    print(f"  report() and should_prune()          {took['report'] * 1e6:9.2f} us")
    print(f"  the sidecar after them, resident     {resident:9.2f} MiB")
    assert share < 0.01
    assert took["report"] / STEP < 0.01
