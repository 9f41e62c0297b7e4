"""What `espalier collect` prints is what a trial's sidecar would report; what is wrong it says."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from espalier.api import parse_collector
from espalier.cli.collect import NONE, UNNAMED, command
from tests.cli.test_boundary import BAD, assert_a_sentence, invoked
from tests.sidecar.event_files import event, record, simple, version

STUDY = yaml.safe_load((Path(__file__).parents[2] / "examples/digits/study.yaml").read_text())
PLAIN = "".join(f"epoch {step}: val_acc {step / 100}\n" for step in range(1, 28))
PATTERN = r"epoch (?P<step>\d+): (?P<metric>\w+) (?P<value>\S+)"
UNNAMING = r"epoch (?P<step>\d+): \w+ (?P<value>\S+)"
KERAS = """Epoch 1/2
\x1b[1m1/2\x1b[0m \x1b[32m━━━━\x1b[0m\x1b[37m━━━━\x1b[0m \x1b[1m0s\x1b[0m 90ms/step - loss: 2.9\
\r\x1b[1m2/2\x1b[0m \x1b[32m━━━━━━━━\x1b[0m \x1b[1m0s\x1b[0m 1ms/step - loss: 2.5 - val_loss: 2.25
Epoch 2/2
\x1b[1m1/2\x1b[0m \x1b[32m━━━━\x1b[0m\x1b[37m━━━━\x1b[0m \x1b[1m0s\x1b[0m 90ms/step - loss: 2.2\
\r\x1b[1m2/2\x1b[0m \x1b[32m━━━━━━━━\x1b[0m \x1b[1m0s\x1b[0m 1ms/step - loss: 2.0 - val_loss: 2e0
"""


def study_with(tmp_path: Path, metric: str = "val_acc", **spec: object) -> str:
    study = json.loads(json.dumps(STUDY))
    study["spec"] |= {"objective": {**study["spec"]["objective"], "metric": metric}, **spec}
    (tmp_path / "study.yaml").write_text("kind: ConfigMap\n---\n" + yaml.safe_dump(study))
    return str(tmp_path / "study.yaml")


def log(tmp_path: Path, text: str | bytes = PLAIN, name: str = "train.log") -> str:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def values(result: Result) -> list[tuple[str, int, float | None]]:
    """Return what was printed as JSON: nothing else may be on standard output."""
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert all(list(each) == ["metric", "step", "value"] for each in found)
    return [tuple(each.values()) for each in found]


def section(result: Result) -> dict:
    """Return what is to be pasted, after it was parsed as a Study's."""
    found = yaml.safe_load(result.stdout.partition("# below spec of a Study")[2].partition("\n")[2])
    parse_collector(found["collector"])
    return found["collector"]


EVERY = [("val_acc", step, step / 100) for step in range(1, 28)]


def test_values_come_step_by_step_as_json(tmp_path):
    result = invoked(["collect", "--pattern", PATTERN, "-o", "json", log(tmp_path)])
    assert result.exit_code == 0, result.output
    assert values(result) == EVERY


def test_values_come_step_by_step_as_a_table_with_what_to_paste(tmp_path):
    result = invoked(["collect", "--pattern", PATTERN, log(tmp_path)])
    rows = [line.split() for line in result.stdout.splitlines()]
    assert rows[:3] == [["step", "val_acc"], ["1", "0.01"], ["2", "0.02"]]
    assert section(result) == {"type": "Output", "output": {"pattern": PATTERN}}


def test_it_reads_from_standard_input_and_pipes_as_from_a_file(tmp_path):
    words = ["collect", "--pattern", PATTERN, "-o", "json"]
    assert values(CliRunner().invoke(command, [*words[1:], "-"], input=PLAIN)) == EVERY
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(PLAIN))
    writer.start()
    assert values(invoked([*words, str(pipe)])) == EVERY
    writer.join()


@pytest.mark.parametrize("name", ["a b.log", "ä.log", "*.log", "[a].log", ".hidden", "-x", "a\nb"])
def test_a_file_may_have_any_name(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    log(tmp_path, name=name)
    result = invoked(["collect", "--pattern", PATTERN, "-o", "json", "--", name])
    assert values(result) == EVERY


def test_nothing_is_written_beside_what_is_read(tmp_path):
    path = log(tmp_path)
    invoked(["collect", "--pattern", PATTERN, path])
    assert [each.name for each in tmp_path.iterdir()] == ["train.log"]


def test_a_value_that_is_not_finite_is_null_and_shown_as_diverged(tmp_path):
    path = log(tmp_path, "epoch 1: loss nan\nepoch 2: loss -inf\nepoch 3: loss 1e-3\n")
    words = ["collect", "--pattern", PATTERN, path]
    assert values(invoked([*words, "-o", "json"])) == [
        ("loss", 1, None),
        ("loss", 2, None),
        ("loss", 3, 0.001),
    ]
    assert invoked(words).stdout.split()[:6] == ["step", "loss", "1", "diverged", "2", "diverged"]


def test_one_metric_alone_is_printed_where_it_is_asked_for(tmp_path):
    path = log(tmp_path, "epoch 1: loss 0.5\nepoch 1: acc 0.25\n")
    words = ["collect", "--pattern", PATTERN, "-o", "json", path, "--metric"]
    assert values(invoked([*words, "acc"])) == [("acc", 1, 0.25)]
    none = invoked([*words, "Accu"])
    assert (none.exit_code, none.stdout) == (NONE, "")
    assert "did you mean acc?" in none.stderr


def test_a_value_without_a_name_is_called_as_asked_or_as_the_studys_objective(tmp_path):
    path, words = log(tmp_path), ["collect", "--pattern", UNNAMING, "-o", "json"]
    assert {metric for metric, *_ in values(invoked([*words, path]))} == {UNNAMED}
    assert values(invoked([*words, path, "--metric", "val_acc"])) == EVERY
    collector = {"type": "Output", "output": {"pattern": UNNAMING}}
    study = study_with(tmp_path, collector=collector)
    assert values(invoked(["collect", "-o", "json", "--study", study, path])) == EVERY


def test_a_study_is_read_with_its_collector_names_and_scale(tmp_path):
    collector = {
        "type": "Log",
        "log": {"path": "/espalier/train.log", "pattern": PATTERN},
        "metrics": {"val_acc": "accuracy"},
        "stepScale": 10,
    }
    study = study_with(tmp_path, "accuracy", collector=collector)
    result = invoked(["collect", "-o", "json", "--study", study, log(tmp_path)])
    assert values(result) == [("accuracy", 10 * step, value) for _, step, value in EVERY]
    assert "24 steps beyond resource.max" not in result.stderr
    assert "25 steps beyond resource.max" in result.stderr
    assert "stepScale to 1" in result.stderr


def test_a_study_is_told_whether_its_objective_came(tmp_path):
    collectors = [{"type": "Output", "output": {"pattern": PATTERN}}]
    words = ["collect", log(tmp_path), "--study"]
    good = invoked([*words, study_with(tmp_path, collectors=collectors)])
    assert good.exit_code == 0
    assert "val_acc, the study's objective, came at 27 steps, 1 to 27" in good.stderr
    assert "resource.max is 27" in good.stderr
    assert "# below spec" not in good.stdout, "the study has a collector"
    bad = invoked([*words, study_with(tmp_path, "val/Acc", collectors=collectors)])
    assert bad.exit_code == NONE
    assert 'did you mean val_acc? Or say in the collector metrics: {"val_acc": "val/Acc"}' in (
        bad.stderr
    )


def test_a_study_whose_collectors_find_nothing_is_told_which_would(tmp_path):
    path = log(tmp_path, "Epoch 1/2 loss=0.5\nEpoch 2/2 loss=0.25\n")
    result = invoked(["collect", path, "--study", study_with(tmp_path, "loss")])
    assert (result.exit_code, result.stdout) == (NONE, "")
    assert "preset: KeyValue" in result.stderr


def test_a_directory_stands_for_what_a_trainer_has_written(tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    log(tmp_path / "deep" / "er")
    log(tmp_path, "nothing here\n", "other.log")
    (tmp_path / "deep" / "model.bin").write_bytes(bytes(99))
    (tmp_path / "deep" / "link.log").symlink_to("/etc/passwd")
    result = invoked(["collect", "--pattern", PATTERN, "-o", "json", str(tmp_path)])
    assert values(result) == EVERY


EVENTS = record(version()) + b"".join(
    record(event(step, simple("eval/loss", step / 8), simple("acc", 0.5))) for step in range(1, 4)
)
LOSSES = [("eval/loss", step, step / 8) for step in range(1, 4)]


def test_event_files_are_read_with_their_directory_or_alone(tmp_path):
    folder = tmp_path / "runs" / "one"
    folder.mkdir(parents=True)
    path = log(folder, EVENTS, "events.out.tfevents.1.host")
    log(folder, PLAIN, "note.txt")
    for source in (str(tmp_path / "runs"), path):
        for words in ([], ["--type", "TensorBoard"]):
            words = ["collect", *words, source, "--metric", "eval/loss"]
            assert values(invoked([*words, "-o", "json"])) == LOSSES
            assert section(invoked(words))["type"] == "TensorBoard"


def test_of_a_directory_the_collectors_that_fit_are_told_with_their_files(tmp_path):
    log(tmp_path, EVENTS, "events.out.tfevents.1.host")
    (tmp_path / "logs").mkdir()
    log(tmp_path / "logs", "epoch,loss\n1,0.5\n2,0.25\n", "history.csv")
    result = invoked(["collect", str(tmp_path)])
    assert f"{tmp_path}: - TensorBoard: 6 values of 2 metrics at 3 steps" in result.stderr
    assert f"{tmp_path}/logs/history.csv: - Csv: 2 values of 1 metric at 2 steps" in result.stderr
    assert "say there where the trainer writes" in result.stdout


def test_a_large_log_is_read_whole_whatever_was_tried_first(tmp_path):
    text = "".join(f"epoch {step}: val_acc={step / 7}\n" for step in range(30_000))
    result = invoked(["collect", "-o", "json", log(tmp_path, text)])
    assert len(values(result)) == 30_000


def test_the_middle_of_a_long_table_is_left_out_and_said(tmp_path):
    text = "".join(f"epoch {step}: val_acc {step / 7}\n" for step in range(5_000))
    lines = invoked(["collect", "--pattern", PATTERN, log(tmp_path, text)]).stdout.splitlines()
    assert "... 4,800 steps more; -o json prints all ..." in lines
    assert len(lines) < 250


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nosuch.log"], "there is none of this name"),
        (["/dev/zero"], "expected a file, a directory or a pipe"),
        (["/"], "name one below it"),
        (["train.log", "--pattern", "("], "a regular expression"),
        (["train.log", "--pattern", r"(?P<step>\d+)"], "expected a group named value"),
        (["train.log", "--step-pattern", r"(?P<step>\d+)"], "add valuePattern"),
        (["train.log", "--step-pattern", "a", "--value-pattern", "(?P<value>b)"], "named step"),
        (["train.log", "--pattern", "(?P<value>b)", "--preset", "Keras"], "one of preset, pattern"),
        (["train.log", "--preset", "keras"], "did you mean Keras?"),
        (["train.log", "--preset", "tqdm"], "did you mean KeyValue?"),
        (["train.log", "--type", "stdout"], "did you mean Output?"),
        (["train.log", "--type", "csv"], "did you mean Csv?"),
        (["train.log", "--type", "MLflow"], "takes what a running trainer sends"),
        (["train.log", "--type", "Prometheus"], "port"),
        (["train.log", "--type", "Csv", "--preset", "Keras"], "expected Output or Log"),
        (["train.log", "--type", "TensorBoard"], "no event file"),
        (["train.log", "--step-scale", "-1"], "stepScale"),
        (["train.log", "--study", "nosuch.yaml"], "cannot be read"),
        (["train.log", "--study", "."], "cannot be read"),
        (["train.log", "--study", "train.log"], "expected an object of kind Study"),
        (["train.log", "--study", "binary"], "expected a Study as YAML"),
        (["train.log", "--study", "bad.yaml"], "spec.resource.max"),
        (["train.log", "--study", "served.yaml"], "expected a collector that reads files"),
        (["train.log", "--study", "bad.yaml", "--preset", "Keras"], "leave out --study"),
        (["binary"], "neither"),
        (["packed.gz"], "unpack it first"),
        (["-o", "yaml", "train.log"], "'yaml' is not one of"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_asked_for_wrongly_ends_in_a_sentence(words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    log(tmp_path)
    log(tmp_path, bytes(range(256)), "binary")
    log(tmp_path, b"\x1f\x8b\x08rest", "packed.gz")
    bad = {**STUDY, "spec": {**STUDY["spec"], "resource": {"name": "epoch", "max": "many"}}}
    (tmp_path / "bad.yaml").write_text(yaml.safe_dump(bad))
    served = {**STUDY, "spec": {**STUDY["spec"], "collector": {"type": "Kubeflow"}}}
    (tmp_path / "served.yaml").write_text(yaml.safe_dump(served))
    result = invoked(["collect", *words])
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert said in result.stderr
    if not words[0].startswith("-"):
        assert_a_sentence(result)


def test_a_mistyped_path_is_told_the_nearest(tmp_path):
    log(tmp_path)
    result = invoked(["collect", str(tmp_path / "tarin.log")])
    assert f"did you mean {tmp_path / 'train.log'}?" in result.stderr


def test_an_empty_log_says_what_keeps_python_from_writing(tmp_path):
    result = invoked(["collect", log(tmp_path, "")])
    assert (result.exit_code, result.stdout) == (NONE, "")
    assert "PYTHONUNBUFFERED=1" in result.stderr


def test_a_log_that_nothing_fits_shows_its_last_line_and_how_a_pattern_looks(tmp_path):
    path = log(tmp_path, "once upon a time\nthere was\x1b[31m a king\n")
    result = invoked(["collect", path])
    assert (result.exit_code, result.stdout) == (NONE, "")
    assert "there was" in result.stderr
    assert "(?P<value>" in result.stderr
    assert "\x1b" not in result.stderr


def test_steps_that_are_fractions_are_refused_with_what_takes_them(tmp_path):
    path = log(tmp_path, "{'loss': 0.5, 'epoch': 0.5}\n{'loss': 0.25, 'epoch': 1.5}\n")
    refused = invoked(["collect", path])
    assert refused.exit_code == NONE
    assert "no type and no preset finds a value that can be used" in refused.stderr
    assert "say in stepScale" in refused.stderr
    taken = invoked(["collect", "--step-scale", "10", "--metric", "loss", "-o", "json", path])
    assert values(taken) == [("loss", 5, 0.5), ("loss", 15, 0.25)]
    assert "stepScale: 10.0" in taken.stderr


def test_what_was_passed_over_is_said_with_its_reason(tmp_path):
    path = log(tmp_path, "epoch 1: acc 0.5\nepoch 2: acc none\nepoch 1: acc 0.75\n")
    result = invoked(["collect", "--pattern", PATTERN, "-o", "json", path])
    assert values(result) == [("acc", 1, 0.5), ("acc", 1, 0.75)]
    assert "passed over: 'epoch 2: acc none': " in result.stderr
    assert "1 value came for a step that already had one: the first one stays" in result.stderr


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
@pytest.mark.parametrize("words", [[], ["--type", "Csv"], ["--preset", "Keras"]], ids=" ".join)
def test_whatever_lies_there_it_ends_in_words(words, content, tmp_path):
    bad = tmp_path / "bad"
    if content is not None:
        bad.write_bytes(content)
    assert_a_sentence(invoked(["collect", *words, str(bad)]), (0, 1, 2))


@pytest.mark.parametrize("words", [["--pattern", PATTERN], []], ids=["pattern", "all"])
@given(content=st.binary(max_size=300) | st.text(max_size=80).map(str.encode))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes_end_in_words(words, content, tmp_path):
    bad = tmp_path / "bad"
    bad.write_bytes(content)
    assert_a_sentence(invoked(["collect", *words, str(bad)]), (0, 1, 2))


KINDS = {
    "reports": (
        '{"step": 1, "value": 0.5}\n{"metric": "loss", "step": 1, "value": 2}\n',
        "File",
        [("acc", 1, 0.5), ("loss", 1, 2)],
    ),
    "a table": (
        "epoch,train/loss,val/acc\n1,0.5,0.25\n2,,0.75\n",
        "Csv",
        [("train/loss", 1, 0.5), ("val/acc", 1, 0.25), ("val/acc", 2, 0.75)],
    ),
    "Keras' bar": (
        KERAS,
        "Keras",
        [("loss", 1, 2.5), ("val_loss", 1, 2.25), ("loss", 2, 2), ("val_loss", 2, 2)],
    ),
    "plain prints": (
        "starting\nEpoch 1/2 loss=0.5 acc: 0.25\nEpoch 2/2 loss=0.25 acc: 0.5\n",
        "KeyValue",
        [("loss", 1, 0.5), ("acc", 1, 0.25), ("loss", 2, 0.25), ("acc", 2, 0.5)],
    ),
    "Hugging Face": (
        "{'loss': '0.5', 'epoch': '1'}\n{'eval_loss': 0.25, 'epoch': 1.0}\n"
        "{'eval_loss': 0.125, 'epoch': 2.0}\n",
        "HuggingFace",
        [("loss", 1, 0.5), ("eval_loss", 1, 0.25), ("eval_loss", 2, 0.125)],
    ),
    "XGBoost": (
        "[0]\ttrain-auc:0.5\tvalid-auc:0.25\n[1]\ttrain-auc:0.75\tvalid-auc:0.5\n",
        "XGBoost",
        [
            ("train-auc", 0, 0.5),
            ("valid-auc", 0, 0.25),
            ("train-auc", 1, 0.75),
            ("valid-auc", 1, 0.5),
        ],
    ),
    "LightGBM": (
        "[LightGBM] [Info] Total Bins 255\n[1]\tvalid_0's l2: 0.5\n[2]\tvalid_0's l2: 0.25\n",
        "LightGBM",
        None,
    ),
    "LightGBM with several columns": (
        "[1]\ttraining's auc: 0.5\tvalid's auc: 0.25\n[2]\ttraining's auc: 1\tvalid's auc: 0.5\n",
        "LightGBM",
        None,
    ),
    "CatBoost": (
        "0:\tlearn: 0.5\ttest: 0.25\tbest: 0.25 (0)\ttotal: 55ms\tremaining: 1s\n"
        "1:\tlearn: 0.4\ttest: 0.20\tbest: 0.20 (1)\ttotal: 56ms\tremaining: 1s\n",
        "CatBoost",
        None,
    ),
    "JSON lines": (
        '{"epoch": 1, "val": {"loss": 0.5}}\n{"epoch": 2, "val": {"loss": 0.25}}\n',
        "JSONLines",
        None,
    ),
}


@pytest.mark.parametrize(("text", "kind", "expected"), KINDS.values(), ids=KINDS)
def test_without_a_type_the_one_that_fits_is_found_and_pasted(text, kind, expected, tmp_path):
    path = log(tmp_path, text)
    words = ["collect", "--metric", "acc", path] if kind == "File" else ["collect", path]
    found = section(invoked(words))
    assert kind in (found["type"], found.get("output", {}).get("preset"))
    if expected is not None and kind != "File":
        assert values(invoked([*words, "-o", "json"])) == expected
