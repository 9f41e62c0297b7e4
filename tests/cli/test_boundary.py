"""Whatever a command is given, it ends in a sentence that says what to do, never in a traceback."""

from __future__ import annotations

import gc
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from espalier.cli.main import COMMANDS, main
from tests.cli.recorded import write_curves, write_store
from tests.patience import PATIENCE
from tests.store.storing import url_of

QUICK = ("--pruner", "Nop", "--orders", "1", "--jobs", "1")
NOWHERE = "http://127.0.0.1:9"  # the port of `discard`, which nobody serves
KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "here",
    "clusters": [{"name": "here", "cluster": {"server": NOWHERE}}],
    "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
    "users": [{"name": "me", "user": {"token": "t"}}],
}


def words_of(command: str, bad: Path) -> list[str]:
    """Return how a command is given a bad file, in the place where it reads one."""
    return {
        "export": ["export", "a/b", "--store", f"sqlite:///{bad}"],
        "list": ["export", "--list", "--store", f"sqlite:///{bad}"],
        "export of a file": ["export", "--from", str(bad), "--format", "csv"],
        "export for Optuna": [
            *("export", "--from", str(bad), "--format", "optuna-journal"),
            *("-O", str(bad.with_suffix(".journal")), "--force"),
        ],
        "import": ["import", str(bad), "--name", "log", "--metric", "loss"],
        "replay": ["replay", str(bad)],
        "replay of a store": ["replay", "a/b", "--store", f"sqlite:///{bad}"],
        "backtest": ["backtest", str(bad), *QUICK],
        "backtest of a table": ["backtest", str(bad), "--direction", "Minimize", *QUICK],
        "backtest of a store": ["backtest", "a/b", "--store", f"sqlite:///{bad}", *QUICK],
        "recommend": ["recommend", str(bad), *QUICK],
        "recommend of a store": ["recommend", "a/b", "--store", f"sqlite:///{bad}", *QUICK],
        "explain": ["explain", "--from", str(bad)],
        "explain a trial": ["explain", "3", "--counterfactual", "--from", str(bad)],
        "watch": ["watch", "digits", "--once", "--kubeconfig", str(bad)],
        "status": ["status", "--from", str(bad)],
        "status of a cluster": ["status", "digits", "--kubeconfig", str(bad)],
        "top": ["top", "-A", "--kubeconfig", str(bad)],
        "trials": ["trials", "--from", str(bad)],
        "curves": ["curves", "--from", str(bad)],
        "ui": ["ui", "digits", "--no-open", "--kubeconfig", str(bad)],
        "trials of a cluster": ["trials", "digits", "--kubeconfig", str(bad)],
        "prune": ["prune", "digits-7", "--why", "no", "--kubeconfig", str(bad)],
        "keep": ["keep", "digits-7", "--kubeconfig", str(bad)],
        "exempt": ["exempt", "digits-7", "--kubeconfig", str(bad)],
        "suspend": ["suspend", "digits", "--kubeconfig", str(bad)],
        "resume": ["resume", "digits", "--kubeconfig", str(bad)],
        "stop": ["stop", "digits", "--kubeconfig", str(bad)],
        "extend": ["extend", "digits", "--trials", "+5", "--kubeconfig", str(bad)],
        "backup": ["backup", "--to", f"{bad}.copy", "--store", f"sqlite:///{bad}"],
        "restore": ["restore", "--from", str(bad), "--store", f"sqlite:///{bad.parent}/own.db"],
        "logs": ["logs", "digits-7", "--from", str(bad)],
        "logs of a cluster": ["logs", "digits-7", "--kubeconfig", str(bad)],
        "run": ["run", "--kubeconfig", str(bad)],
        "serve": ["serve", "--kubeconfig", str(bad)],
    }[command]


IN_PROCESS = (
    "export",
    "list",
    "export of a file",
    "export for Optuna",
    "import",
    "replay",
    "replay of a store",
    "backtest",
    "backtest of a table",
    "backtest of a store",
    "recommend",
    "recommend of a store",
    "explain",
    "explain a trial",
    "watch",
    "status",
    "status of a cluster",
    "top",
    "trials",
    "trials of a cluster",
    "curves",
    "ui",
    "prune",
    "keep",
    "exempt",
    "suspend",
    "resume",
    "stop",
    "extend",
    "backup",
    "restore",
    "logs",
    "logs of a cluster",
)


def invoked(words: list[str]) -> Result:
    return CliRunner().invoke(main, words)


def assert_a_sentence(result: Result, codes: tuple[int, ...] = (2,)) -> None:
    """It ended by itself; where it did not do what it was asked, one line says what to do."""
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code in codes, result.output
    assert "Traceback" not in result.output
    if result.exit_code == 2:
        last = result.stderr.rstrip("\n").splitlines()[-1]
        assert last.startswith("Error: ")
        assert last.isprintable()
        assert "a defect of Espalier" not in last
        assert re.search(r"[;,] ", last), "it says nothing that could be done"
        assert not re.search(r"pydantic|validation error|sqlalche\.me", last)


BAD: dict[str, bytes | None] = {
    "nothing at all": None,
    "an empty file": b"",
    "a line feed": b"\n",
    "bytes that are no text": bytes(range(256)) * 20,
    "text": b"epoch,val\n1,0.5\n",
    "a number": b"5",
    "a word of JSON": b"null",
    "a list": b"[]",
    "an object": b"{}",
    "an object of another kind": b'{"kind": "other"}\n',
    "a study without settings": b'{"kind": "study", "uid": "u"}\n',
    "a kind that is no text": b'{"kind": {}}\n',
    "an endless list": b"[" * 100_000,
    "a large number": b"1" * 5000,
    "YAML that is none": b"a: [b\n",
    "YAML with a tab": b"a:\n\t- b",
    "NUL bytes": b"\0" * 5000,
    "UTF-16": "{}".encode("utf-16"),
    "half a zip": b"PK\x03\x04" + b"\0" * 40,
    "half a store": b"SQLite format 3\0" + b"\xff" * 5000,
    "an escape sequence": b"\x1b[31m\x07{",
}


@pytest.fixture
def nothing_collected() -> Iterator[None]:
    """Leave alone what other tests have thrown away: it cannot be finalised as deep as a file may
    lead, and would be told of on standard error.
    """
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("nothing_collected")
@pytest.mark.parametrize("suffix", [".jsonl", ".npz"])
@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
@pytest.mark.parametrize("command", IN_PROCESS)
def test_a_bad_file_ends_in_a_sentence(command, content, suffix, tmp_path):
    bad = tmp_path / f"bad{suffix}"
    if content is not None:
        bad.write_bytes(content)
    result = invoked(words_of(command, bad))
    assert_a_sentence(result)
    assert len(result.stderr.splitlines()) == 1, "a library spoke as well"
    assert not re.search(r"object (is|has|does)|NoneType|indices must", result.stderr)


@pytest.mark.parametrize(
    "command",
    [each for each in IN_PROCESS if each not in ("backtest", "backtest of a table", "recommend")],
)
def test_a_folder_in_the_place_of_a_file_ends_in_a_sentence(command, tmp_path):
    assert_a_sentence(invoked(words_of(command, tmp_path)))


@pytest.mark.parametrize("command", IN_PROCESS)
@given(content=st.binary(max_size=300) | st.text(max_size=60).map(str.encode))
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_bytes_end_in_a_sentence(command, content, tmp_path):
    bad = tmp_path / "bad.jsonl"
    bad.write_bytes(content)
    assert_a_sentence(invoked(words_of(command, bad)))


SERVERS = {"run": ["--ingest-port", "0", "--metrics-port", "0"], "serve": ["--read-port", "0"]}


@pytest.mark.parametrize("command", SERVERS)
@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]"])
def test_a_server_with_a_bad_kubeconfig_ends_in_a_sentence(command, content, tmp_path):
    bad = tmp_path / "kubeconfig"
    bad.write_bytes(content)
    more = ["--store", url_of(tmp_path), *SERVERS[command]]
    words = [sys.executable, "-m", "espalier.cli.main", *words_of(command, bad), *more]
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "expected a kubeconfig" in done.stderr.splitlines()[-1]


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from([10**30, -1, 1.5, 1e308, 2**53, "", "x", "Median", "Minimize"])
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@given(data=st.data())
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_kubeconfig_with_junk_in_any_place_ends_in_a_sentence(data, tmp_path):
    config = json.loads(json.dumps(KUBECONFIG))
    path = data.draw(st.sampled_from(_paths(config)))
    _put(config, path, data.draw(JUNK))
    (tmp_path / "config").write_text(yaml.safe_dump(config))
    assert_a_sentence(invoked(words_of("watch", tmp_path / "config")))


def test_a_cluster_that_does_not_answer_is_not_waited_for(tmp_path):
    (tmp_path / "config").write_text(yaml.safe_dump(KUBECONFIG))
    for extra in ([], ["--once"]):
        words = ["watch", "digits", "--kubeconfig", str(tmp_path / "config"), *extra]
        result = invoked(words)
        assert_a_sentence(result)
        assert "no answer from the API server" in result.stderr


@pytest.mark.parametrize(
    ("words", "namespace"),
    [
        (["digits"], "ml"),
        (["digits", "-n", "other"], "other"),
        (["given/digits"], "given"),
    ],
)
def test_a_study_is_looked_for_where_kubectl_would_unless_it_is_said(words, namespace, tmp_path):
    config = json.loads(json.dumps(KUBECONFIG))
    config["contexts"][0]["context"]["namespace"] = "ml"
    (tmp_path / "config").write_text(yaml.safe_dump(config))
    result = invoked(["watch", *words, "--once", "--kubeconfig", str(tmp_path / "config")])
    assert f"/namespaces/{namespace}/studies/digits" in result.stderr


def _paths(value: object, at: tuple = ()) -> list[tuple]:
    """List the ways to every part of a value."""
    parts = value.items() if isinstance(value, dict) else ()
    parts = enumerate(value) if isinstance(value, list) else parts
    return [way for key, part in parts for way in [(*at, key), *_paths(part, (*at, key))]]


def _put(value, path: tuple, junk: object) -> None:
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = junk


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("good")
    write_curves(made / "curves")
    write_store(made)
    exported = invoked(["export", "default/digits", "--store", url_of(made)])
    assert exported.exit_code == 0, exported.output
    (made / "good.jsonl").write_text(exported.stdout)
    return made


@pytest.mark.parametrize(
    "command",
    [
        *("replay", "backtest", "recommend", "explain", "explain a trial"),
        *("export of a file", "export for Optuna"),
    ],
)
@given(data=st.data())
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_log_with_junk_in_any_place_is_read_or_ends_in_a_sentence(
    command, data, folder, tmp_path
):
    rows = [json.loads(line) for line in (folder / "good.jsonl").read_text().splitlines()]
    # There is one row of the study and one of a change among hundreds of values.
    rare = [number for number, row in enumerate(rows) if row["kind"] in ("study", "change")]
    number = data.draw(st.sampled_from(rare) | st.integers(0, len(rows) - 1))
    path = data.draw(st.sampled_from(_paths(rows[number])))
    _put(rows[number], path, data.draw(JUNK))
    (tmp_path / "log.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert_a_sentence(invoked(words_of(command, tmp_path / "log.jsonl")), (0, 1, 2))


@given(data=st.data())
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_store_with_junk_in_any_place_is_read_or_ends_in_a_sentence(data, folder, tmp_path):
    bad = tmp_path / "bad.db"
    bad.unlink(missing_ok=True)
    source = sqlite3.connect(folder / "espalier.db")
    source.execute("VACUUM INTO ?", (str(bad),))
    source.close()
    content = bytearray(bad.read_bytes())
    begin = data.draw(st.integers(0, len(content) - 1))
    junk = data.draw(st.binary(min_size=1, max_size=3000))
    content[begin : begin + len(junk)] = junk
    bad.write_bytes(content[: data.draw(st.sampled_from([len(content), begin]))])
    words = ["export", "default/digits", "--store", f"sqlite:///{bad}"]
    assert_a_sentence(invoked(words), (0, 2))


ARRAYS: dict[str, Callable[[], dict[str, np.ndarray]]] = {
    "no seconds": lambda: {"values": np.ones((2, 3))},
    "other names": lambda: {"a": np.ones((2, 3)), "seconds": np.ones((2, 3))},
    "other shapes": lambda: {"values": np.ones((2, 3)), "seconds": np.ones((3, 2))},
    "one dimension": lambda: {"values": np.ones(3), "seconds": np.arange(1.0, 4)},
    "no trials": lambda: {"values": np.ones((0, 3)), "seconds": np.ones((0, 3))},
    "no steps": lambda: {"values": np.ones((3, 0)), "seconds": np.ones((3, 0))},
    "objects": lambda: {"values": np.array([[{}]]), "seconds": np.array([[1]])},
    "texts": lambda: {"values": np.array([["a"]]), "seconds": np.array([[1.0]])},
    "seconds a step": lambda: {"values": np.ones((2, 3)), "seconds": np.full((2, 3), 2.0)},
    "seconds that fall": lambda: {"values": np.ones((1, 3)), "seconds": np.array([[1.0, 3, 2]])},
    "seconds that are none": lambda: {"values": np.ones((1, 1)), "seconds": np.array([[np.nan]])},
    "no seconds spent": lambda: {"values": np.ones((2, 1)), "seconds": np.zeros((2, 1))},
    "seconds before the start": lambda: {
        "values": np.ones((1, 2)),
        "seconds": np.array([[-1.0, 3]]),
    },
}


@pytest.mark.parametrize("arrays", ARRAYS.values(), ids=ARRAYS)
def test_arrays_that_are_no_curves_end_in_a_sentence(arrays, tmp_path):
    np.savez(tmp_path / "task.npz", **arrays())
    (tmp_path / "task.json").write_text('{"direction": "min"}')
    for source in (tmp_path, tmp_path / "task.npz"):
        assert_a_sentence(invoked(words_of("backtest", source)))


@pytest.mark.parametrize("about", ["", "[]", "{}", '{"direction": 5}', "{", "\x00", None])
def test_a_task_without_a_direction_ends_in_a_sentence(about, tmp_path):
    np.savez(tmp_path / "task.npz", values=np.ones((2, 2)), seconds=np.array([[1.0, 2]] * 2))
    if about is not None:
        (tmp_path / "task.json").write_text(about)
    for source in (tmp_path, tmp_path / "task.npz"):
        assert_a_sentence(invoked(words_of("backtest", source)))


def test_seconds_of_each_step_are_refused_with_what_to_do(folder, tmp_path):
    with np.load(folder / "curves" / "imp_digits_acc.npz") as arrays:
        values, seconds = arrays["values"], np.diff(arrays["seconds"], axis=1, prepend=0)
    np.savez(tmp_path / "task.npz", values=values, seconds=seconds)
    (tmp_path / "task.json").write_text('{"direction": "max"}')
    result = invoked(words_of("backtest", tmp_path))
    assert_a_sentence(result)
    assert "since the trial's start" in result.stderr
    assert "numpy.cumsum" in result.stderr


def test_a_study_whose_values_came_at_one_moment_says_so(folder, tmp_path):
    rows = [json.loads(line) for line in (folder / "good.jsonl").read_text().splitlines()]
    for row in rows:
        row |= {"at": 100.0} if "at" in row else {}
    (tmp_path / "burst.jsonl").write_text("\n".join(map(json.dumps, rows)))
    result = invoked(words_of("backtest", tmp_path / "burst.jsonl"))
    assert_a_sentence(result)
    assert "at one moment" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["--pruner", "{type: Median, median: {warmupSteps: often}}"],
        ["--pruner", "{type: Median, median: 5}"],
        ["--pruner", "{type: Median, auto: {}}"],
        ["--pruner", "{type: 5}"],
        ["--pruner", "{1: 2}"],
        ["--pruner", "NoSuch"],
        ["--pruner", "ASHA"],
        ["--pruner", "{type: 2020-99-99}"],
        ["--pruner", "{type: Plugin, plugin: {name: nosuch}}"],
        ["--pruner", "{type: Auto, auto: {goal: TimeToTarget}}"],
        ["--pruner", "{type: Median, median: {warmupSteps: 1e999%}}"],
        ["--pruning", "[1]"],
        ["--pruning", "{keepBest: many}"],
        ["--sweep", "auto.risk=[1"],
        ["--sweep", "auto.risk=never"],
        ["--picture", "/nosuch/folder/picture.svg", "--pruner", "Nop"],
    ],
    ids=" ".join,
)
def test_bad_options_end_in_a_sentence(words, folder):
    source = str(folder / "curves")
    result = invoked(["backtest", source, "--orders", "1", "--jobs", "1", *words])
    assert_a_sentence(result)


@pytest.mark.parametrize(
    "store",
    ["", "x", "sqlite://", "sqlite:///", "mysql://x/y", "sqlite://h:port/x", "postgresql://x/y"],
)
@pytest.mark.parametrize("words", [["export", "a/b"], ["replay", "a/b"], ["backtest", "a/b"]])
def test_a_store_that_is_none_ends_in_a_sentence(words, store):
    assert_a_sentence(invoked([*words, "--store", store]))


@pytest.mark.parametrize("command", ["export", "replay", "backtest", "watch", "status", "trials"])
@pytest.mark.parametrize(
    "words",
    [
        ["a/b/c"],
        ["A"],
        ["a b"],
        ["-n", "b", "a/c"],
        ["x?y=z"],
        ["../up"],
        ["a/"],
        ["/a"],
        [""],
        ["x" * 300],
        ["-n", "X", "a"],
    ],
    ids=" ".join,
)
def test_what_names_no_study_ends_in_a_sentence(command, words, tmp_path):
    assert_a_sentence(invoked([command, *words]))


@pytest.mark.parametrize(
    "words", [["digits"], ["default/digits"], ["-n", "default", "digits"], ["digits", "-n", "x"]]
)
def test_a_study_is_named_in_the_same_ways_everywhere(words, folder):
    store = ["--store", url_of(folder)]
    ends = {
        command: invoked([command, *words, *extra, *store]).exit_code
        for command, extra in (("export", ()), ("replay", ()), ("backtest", QUICK))
    }
    assert {code == 2 for code in ends.values()} == {"x" in words}


def test_a_mistyped_path_is_said_to_be_neither_a_file_nor_a_study(folder):
    for command in ("replay", "backtest"):
        result = invoked([command, "tests/curvs", "--store", url_of(folder)])
        assert_a_sentence(result)
        assert "no file or folder 'tests/curvs'" in result.stderr
        assert "nothing of tests/curvs" in result.stderr


def test_a_command_that_is_not_known_names_those_that_are():
    result = invoked(["wach", "x"])
    assert result.exit_code == 2
    assert "No such command" in result.stderr


def test_a_defect_is_said_to_be_one_and_shows_its_traceback_where_asked(monkeypatch):
    def broken(_: str) -> list:
        raise KeyError("our own fault")

    monkeypatch.setattr("espalier.cli.export.list_studies", broken)
    words = ["export", "--list", "--store", "sqlite:////nowhere.db"]
    result = invoked(words)
    assert result.exit_code == 2
    assert "a defect of Espalier" in result.stderr
    assert "ESPALIER_TRACEBACK=1" in result.stderr
    monkeypatch.setenv("ESPALIER_TRACEBACK", "1")
    assert isinstance(invoked(words).exception, KeyError)


def started(*words: str, **options: object) -> subprocess.Popen:
    command = [sys.executable, "-m", "espalier.cli.main", *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, **(pipes | options))


@pytest.mark.parametrize(
    "words",
    [
        ["export", "default/digits", "--store", "STORE"],
        ["replay", "LOG"],
        ["backtest", "CURVES", *QUICK],
        ["backtest", "CURVES", *QUICK, "--json"],
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_output_that_nobody_reads_ends_without_words(words, folder):
    known = {
        "STORE": url_of(folder),
        "LOG": str(folder / "good.jsonl"),
        "CURVES": str(folder / "curves"),
    }
    process = started(*(known.get(word, word) for word in words))
    process.stdout.close()
    said = process.stderr.read().decode()
    assert process.wait(timeout=PATIENCE) == 141
    assert "Traceback" not in said
    assert "BrokenPipe" not in said
    process.stderr.close()


def test_an_interrupt_ends_without_a_traceback_whatever_works(folder):
    many = ("--orders", "5000", "--jobs", "2", "--pruner", "Auto")
    process = started("backtest", str(folder / "curves"), *many, start_new_session=True)
    said = io.BytesIO()
    while b"every list" not in said.getvalue():  # the hint comes just before the work
        said.write(process.stderr.readline())
    os.killpg(process.pid, signal.SIGINT)
    said.write(process.stderr.read())
    assert process.wait(timeout=PATIENCE) == 130
    assert b"Traceback" not in said.getvalue()
    process.stdout.close()
    process.stderr.close()


def test_every_command_is_tried():
    tried = {words_of(each, Path("x"))[0] for each in (*IN_PROCESS, *SERVERS)}
    # `validate` says what is wrong with any file, and `init` reads none: their own tests.
    # `collect` is for files of any kind, and says more than a sentence: tests/cli/test_collect.py.
    # `completion` reads nothing: tests/cli/test_completion.py.
    assert tried == set(COMMANDS) - {"collect", "completion", "validate", "init"}
