"""The sidecar as a process, against an ingest that misbehaves."""

import json
import os
import signal
import stat
import threading
import time
from collections.abc import Callable

import pytest

from tests.patience import PATIENCE
from tests.sidecar.fake_ingest import PRUNE, FakeIngest, Hang, Reply, Reset, StoreThenReset
from tests.sidecar.running import RunningSidecar

Start = Callable[..., RunningSidecar]
METRIC = "val_accuracy"


def each_step(ingest: FakeIngest) -> list[int]:
    return [step for _, step, _ in ingest.stored]


def test_a_posted_value_arrives_as_it_was(sidecar: RunningSidecar, ingest: FakeIngest) -> None:
    assert sidecar.post({"step": 3, "value": 0.1 + 0.2}) == (202, {"queued": 1, "prune": False})
    ingest.wait_for_steps([3])
    assert ingest.stored == [(METRIC, 3, 0.1 + 0.2)]
    assert ingest.posts[0].body["trial"] == "research/digits-7"
    assert ingest.posts[0].body["final"] is False
    assert ingest.posts[0].token == "first"


def test_a_list_of_values_arrives_in_its_order(sidecar: RunningSidecar, ingest: FakeIngest) -> None:
    rows = [{"step": step, "value": step / 7, "metric": "loss"} for step in range(1000)]
    assert sidecar.post(rows)[0] == 202
    ingest.wait_for_steps(range(1000))
    assert each_step(ingest) == list(range(1000))
    assert len(ingest.posts) == 4


def test_nan_and_infinities_arrive_as_diverged(sidecar: RunningSidecar, ingest: FakeIngest) -> None:
    values = [float("nan"), float("inf"), -float("inf")]
    sidecar.post([{"step": step, "value": value} for step, value in enumerate(values)])
    sidecar.request("POST", "/report", '{"step": 3, "value": 1e400}')
    sidecar.post({"step": 4, "diverged": True})
    ingest.wait_for_steps(range(5))
    assert ingest.stored == [(METRIC, step, None) for step in range(5)]


def test_lines_in_the_report_file_arrive(sidecar: RunningSidecar, ingest: FakeIngest) -> None:
    file = sidecar.directory / "reports.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o666
    with file.open("a") as writer:
        writer.write('{"step": 1, "value": 0.5}\nno report\n[{"step": 2, "value": 0.6}]\n{"st')
        writer.flush()
        ingest.wait_for_steps([1, 2])
        writer.write('ep": 3, "value": 0.7}\n')
    ingest.wait_for_steps([3])
    assert each_step(ingest) == [1, 2, 3]
    assert sidecar.health()["bad_lines"] == 1


def test_a_file_of_the_study_is_followed_too(start: Start, ingest: FakeIngest, tmp_path) -> None:
    path = tmp_path / "espalier" / "mine.jsonl"
    start(ESPALIER_COLLECTORS=json.dumps([{"type": "File", "file": {"path": str(path)}}]))
    path.write_text('{"step": 1, "value": 0.5}\n')
    ingest.wait_for_steps([1])


def test_values_are_found_in_a_log(start: Start, ingest: FakeIngest, tmp_path) -> None:
    path = tmp_path / "espalier" / "train.log"
    pattern = r"epoch (?P<step>\d+).*? (?P<metric>acc|loss)=(?P<value>\S+)"
    collector = {"type": "Log", "log": {"path": str(path), "pattern": pattern}}
    sidecar = start(ESPALIER_COLLECTORS=json.dumps([collector]))
    path.write_text(
        "starting\nepoch 1: acc=0.5\nepoch 1: loss=nan\nepoch 2: acc=oops\n" + "x" * 9999
    )
    ingest.wait(lambda: len(ingest.stored) == 2)
    assert ingest.stored == [("acc", 1, 0.5), ("loss", 1, None)]
    assert sidecar.terminate() == 0


def test_a_pattern_without_end_is_given_up(start: Start, ingest: FakeIngest, tmp_path) -> None:
    path = tmp_path / "espalier" / "train.log"
    pattern = r"(?P<step>\d+) (?P<value>(1+)+)$"
    collector = {"type": "Log", "log": {"path": str(path), "pattern": pattern}}
    sidecar = start(ESPALIER_COLLECTORS=json.dumps([collector]))
    path.write_text(f"7 {'1' * 60}x\n" * 100)
    sidecar.post({"step": 1, "value": 0.5})
    ingest.wait_for_steps([1])
    assert sidecar.terminate() == 0
    assert "gave up the pattern" in sidecar.log.read_text()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("", "expected JSON", id="no body"),
        pytest.param("step=3", "expected JSON", id="a form"),
        pytest.param("[" * 100_000, "expected JSON", id="nested without end"),
        pytest.param('"0.91"', "expected {", id="text"),
        pytest.param('{"value": 0.9}', "no step", id="no step"),
        pytest.param('{"step": 1}', "no value", id="no value"),
        pytest.param('{"step": -1, "value": 1}', "whole number from 0", id="a negative step"),
        pytest.param('{"step": 1.5, "value": 1}', "whole number from 0", id="half a step"),
        pytest.param('{"step": 1, "value": "1"}', "not in quotes", id="a value in quotes"),
        pytest.param('{"step": 1, "loss": 1}', "a report of its own", id="a metric as a key"),
        pytest.param(
            '{"step": 1, "value": 1, "metric": "a b "}', "expected as metric", id="a bad name"
        ),
        pytest.param('[{"step": 1, "value": 1}, {}]', "report 1: ", id="the second of a list"),
    ],
)
def test_a_bad_report_is_answered_with_what_was_expected(
    sidecar: RunningSidecar, ingest: FakeIngest, body: str, expected: str
) -> None:
    status, answer = sidecar.request("POST", "/report", body)
    assert status == 400
    assert expected in answer["error"]
    assert sidecar.health()["pending"] == 0
    assert not ingest.posts


def test_a_body_of_ten_megabytes_is_refused_in_words(sidecar: RunningSidecar) -> None:
    status, answer = sidecar.request("POST", "/report", b"x" * 10_000_000)
    assert status == 413
    assert "send several posts" in answer["error"]
    assert sidecar.peak_kib() < 32 * 1024


def test_an_unknown_path_is_answered_with_the_known_ones(sidecar: RunningSidecar) -> None:
    assert sidecar.request("GET", "/reports")[0] == 404
    assert "GET /should-prune" in sidecar.request("POST", "/prune", "{}")[1]["error"]


def test_the_trainer_is_told_of_its_pruning(sidecar: RunningSidecar, ingest: FakeIngest) -> None:
    assert sidecar.request("GET", "/should-prune") == (200, {"prune": False})
    ingest.decision = PRUNE
    sidecar.post({"step": 9, "value": 0.41})
    ingest.wait_for_steps([9])
    file = sidecar.directory / "prune"
    wait_until(file.exists)
    told = json.loads(file.read_text())
    assert told == {"prune": True, **{key: PRUNE[key] for key in ("reason", "message", "step")}}
    assert sidecar.request("GET", "/should-prune") == (200, told)
    assert sidecar.post({"step": 10, "value": 0.4})[1]["prune"] is True
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    sidecar.kill()
    sidecar.restart()
    assert sidecar.request("GET", "/should-prune") == (200, told)


def test_a_trainer_is_not_held_up_by_an_ingest_that_hangs(
    sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    released = threading.Event()
    ingest.faults.append(Hang(released))
    sidecar.post({"step": 0, "value": 0.0})
    ingest.wait(lambda: len(ingest.posts) == 1)
    for step in range(1, 300):
        assert sidecar.post({"step": step, "value": 0.0})[0] == 202
    assert each_step(ingest) == []
    released.set()
    ingest.wait_for_steps(range(300))
    assert each_step(ingest) == list(range(300))
    # What had queued went together.
    assert [len(post.body["reports"]) for post in ingest.posts] == [1, 256, 43]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Reply(500), id="500"),
        pytest.param(Reply(503, {}, {"Retry-After": "1"}), id="503 with Retry-After"),
        pytest.param(Reply(429, {}, {"Retry-After": "0"}), id="429"),
        pytest.param(Reply(404), id="404, an ingress on its way"),
        pytest.param(Reply(401), id="401"),
        pytest.param(Reply(403, {"error": "no object"}), id="403"),
        pytest.param(Reply(503, [1]), id="an answer of another form"),
        pytest.param(Reset(), id="a reset"),
        pytest.param(StoreThenReset(), id="a reset after the values were stored"),
    ],
)
def test_values_outlive(
    sidecar: RunningSidecar, ingest: FakeIngest, fault: Reply | Reset | StoreThenReset
) -> None:
    ingest.faults.extend([fault, fault, fault])
    for step in range(20):
        sidecar.post({"step": step, "value": step / 3})
    ingest.wait_for_steps(range(20))
    assert ingest.stored == [(METRIC, step, step / 3) for step in range(20)]
    assert sidecar.health()["rejected"] == 0


def test_retry_after_is_honoured(sidecar: RunningSidecar, ingest: FakeIngest) -> None:
    ingest.faults.append(Reply(503, {}, {"Retry-After": "1"}))
    sidecar.post({"step": 1, "value": 0.5})
    ingest.wait_for_steps([1])
    first, second = ingest.posts
    assert second.at - first.at >= 1.0


def test_values_outlive_an_ingest_that_is_away(sidecar: RunningSidecar, ingest: FakeIngest) -> None:
    sidecar.post({"step": 0, "value": 0.5})
    ingest.wait_for_steps([0])
    ingest.close()
    for step in range(1, 30):
        assert sidecar.post({"step": step, "value": 0.5})[0] == 202
    wait_until(lambda: sidecar.termination_log.stat().st_size > 0)
    ingest.open()
    ingest.wait_for_steps(range(30))
    assert each_step(ingest) == list(range(30))


def test_a_refused_value_is_set_aside_and_the_rest_goes_on(
    sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    ingest.stored.append((METRIC, 2, 0.5))
    sidecar.post([{"step": step, "value": 0.9} for step in range(5)])
    ingest.wait_for_steps(range(5))
    assert (METRIC, 2, 0.9) not in ingest.stored
    wait_until(lambda: sidecar.health()["pending"] == 0)
    assert sidecar.health()["rejected"] == 1
    kept = json.loads((sidecar.directory / ".sidecar" / "rejected.jsonl").read_text())
    assert kept["report"] == [METRIC, 2, 0.9]
    assert "step 2 is 0.5 already" in kept["message"]
    assert "step 2 is 0.5 already" in sidecar.log.read_text()


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_batch_that_is_refused_as_a_whole_is_halved(
    sidecar: RunningSidecar, ingest: FakeIngest, status: int
) -> None:
    ingest.faults.extend([Reply(status), Reply(status)])
    sidecar.post([{"step": step, "value": 0.9} for step in range(8)])
    ingest.wait_for_steps(range(8))
    assert [len(post.body["reports"]) for post in ingest.posts] == [8, 4, 2, 2, 4]
    assert each_step(ingest) == list(range(8))


def test_a_single_report_that_is_refused_without_an_index_is_set_aside(
    sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    ingest.faults.append(Reply(400))
    sidecar.post({"step": 1, "value": 0.9})
    ingest.wait(lambda: len(ingest.posts) == 1)
    sidecar.post({"step": 2, "value": 0.9})
    ingest.wait_for_steps([2])
    assert each_step(ingest) == [2]


def test_a_new_token_is_used_from_the_next_post_on(
    sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    ingest.token = "second"
    sidecar.post({"step": 1, "value": 0.9})
    ingest.wait(lambda: len(ingest.posts) >= 2)
    assert not ingest.stored
    sidecar.token_file.write_text("second\n")
    ingest.wait_for_steps([1])


def test_another_authority_is_not_trusted(start: Start, ingest: FakeIngest, tmp_path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    other = FakeIngest(folder)
    other.close()
    sidecar = start(ESPALIER_CA_PEM=other.ca_pem)
    sidecar.post({"step": 1, "value": 0.9})
    wait_until(lambda: "CERTIFICATE_VERIFY_FAILED" in sidecar.log.read_text())
    assert not ingest.posts


def test_a_killed_sidecar_leaves_no_gap(sidecar: RunningSidecar, ingest: FakeIngest) -> None:
    file = sidecar.directory / "reports.jsonl"
    step = 0
    for round_ in range(4):
        if round_ % 2:
            ingest.faults.append(StoreThenReset())
        for _ in range(50):
            sidecar.post({"step": step, "value": step / 3})
            with file.open("a") as writer:
                writer.write(json.dumps({"step": step, "value": -step, "metric": "loss"}) + "\n")
            step += 1
        sidecar.kill()
        with file.open("a") as writer:
            writer.write(json.dumps({"step": step, "value": -step, "metric": "loss"}) + "\n")
        sidecar.restart()
        sidecar.post({"step": step, "value": step / 3})
        step += 1
    ingest.wait(lambda: len(ingest.stored) == 2 * step)
    accuracy = [value for value in ingest.stored if value[0] == METRIC]
    assert accuracy == [(METRIC, at, at / 3) for at in range(step)]
    assert [at for metric, at, _ in ingest.stored if metric == "loss"] == list(range(step))
    assert sidecar.health()["rejected"] == 0


def test_a_trainer_that_ends_without_a_newline_loses_nothing(
    sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    (sidecar.directory / "reports.jsonl").write_text('{"step": 1, "value": 0.5}')
    assert sidecar.terminate() == 0
    assert each_step(ingest) == [1]
    assert sidecar.last_words() == {"espalier": 1, "lost": 0, "count": 0, "reports": []}


def test_what_is_delivered_after_the_end_is_said_to_be_the_last(
    sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    ingest.faults.append(Reply(503, {}, {"Retry-After": "60"}))
    sidecar.post([{"step": step, "value": 0.5} for step in range(300)])
    ingest.wait(lambda: len(ingest.posts) == 1)
    assert sidecar.terminate() == 0
    ingest.wait_for_steps(range(300))
    assert [post.body["final"] for post in ingest.posts] == [False, False, True]


def test_what_could_not_be_delivered_is_in_the_termination_message(
    sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    ingest.close()
    sidecar.post([{"step": step, "value": step / 3} for step in range(10)])
    sidecar.post({"step": 10, "value": float("nan")})
    assert sidecar.terminate() == 0
    wanted = [[METRIC, step, step / 3] for step in range(10)]
    assert sidecar.last_words() == {
        "espalier": 1,
        "lost": 0,
        "count": 11,
        "reports": [*wanted, [METRIC, 10, None]],
    }


def test_a_termination_message_too_small_keeps_the_newest_and_counts_the_rest(
    sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    ingest.close()
    sidecar.post([{"step": step, "value": step / 3} for step in range(5000)])
    assert sidecar.terminate() == 0
    words = sidecar.last_words()
    assert [step for _, step, _ in words["reports"]] == list(range(words["lost"], 5000))
    assert len(words["reports"]) > 100


def test_a_termination_message_is_no_longer_than_the_operator_says(
    start: Start, ingest: FakeIngest
) -> None:
    sidecar = start(ESPALIER_LAST_WORDS_BYTES="1536")
    ingest.close()
    sidecar.post([{"step": step, "value": step / 3} for step in range(500)])
    assert sidecar.terminate() == 0
    words = sidecar.last_words()
    assert [step for _, step, _ in words["reports"]] == list(range(words["lost"], 500))
    assert 1400 < sidecar.termination_log.stat().st_size <= 1536


def test_a_sidecar_killed_while_ingest_is_away_leaves_last_words_too(
    sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    ingest.close()
    sidecar.post({"step": 1, "value": 0.5})
    wait_until(lambda: sidecar.termination_log.stat().st_size > 0)
    sidecar.kill()
    assert sidecar.last_words()["reports"] == [[METRIC, 1, 0.5]]


def test_a_denied_sidecar_does_not_hold_up_its_pod(
    sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    ingest.token = "another"
    sidecar.environ["ESPALIER_DRAIN_SECONDS"] = "60"
    sidecar.kill()
    sidecar.restart()
    sidecar.post({"step": 1, "value": 0.5})
    assert sidecar.terminate() == 0
    assert sidecar.last_words()["reports"] == [[METRIC, 1, 0.5]]


def test_a_full_spool_drops_the_oldest_and_says_how_many(start: Start, ingest: FakeIngest) -> None:
    ingest.close()
    sidecar = start(ESPALIER_SPOOL_BYTES="20000")
    for start_at in range(0, 5000, 500):
        rows = [{"step": step, "value": 0.5} for step in range(start_at, start_at + 500)]
        assert sidecar.post(rows)[0] == 202
    own = sidecar.directory / ".sidecar"
    assert sum(file.stat().st_size for file in own.iterdir()) < 50_000
    dropped = sidecar.health()["dropped"]
    assert dropped > 0
    ingest.open()
    ingest.wait_for_steps(range(dropped, 5000))
    # The batch that was on its way when its file went is delivered all the same.
    assert [step for step in each_step(ingest) if step >= 256] == list(range(dropped, 5000))


def test_settings_that_cannot_be_used_are_named(start: Start) -> None:
    with pytest.raises(AssertionError, match="ESPALIER_INGEST_URL: expected https://"):
        start(ESPALIER_INGEST_URL="http://ingest:8443")


def test_a_sidecar_that_was_stopped_and_goes_on_is_not_at_its_end(
    sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    for step in range(3):
        os.kill(sidecar.process.pid, signal.SIGSTOP)
        # Longer than it waits for a signal: CPython then takes the continuing for one.
        time.sleep(0.1)
        os.kill(sidecar.process.pid, signal.SIGCONT)
        assert sidecar.post({"step": step, "value": 0.5})[0] == 202
        ingest.wait_for_steps([step])
    assert sidecar.process.poll() is None


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for something that no condition variable tells of."""
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends, "waited in vain"
        os.sched_yield()
        time.sleep(0.01)
