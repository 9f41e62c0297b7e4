"""What the sidecar can be made to hold: each bound kept to, and the sum within its container."""

import contextlib
import http.client
import json
import socket
import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from espalier.api.resources import LEAST_MEMORY
from espalier.planning.world.settings import SidecarSettings
from espalier_sidecar import limits
from espalier_sidecar.byte_budget import BudgetExhausted, ByteBudget
from espalier_sidecar.collectors.event_folder import MOST_FILES
from espalier_sidecar.collectors.file import ReportLines
from espalier_sidecar.collectors.followed_file import FollowedFile
from espalier_sidecar.collectors.printed import printed_lines
from espalier_sidecar.collectors.printed_text import LONGEST
from espalier_sidecar.collectors.tensorboard import EventFiles
from espalier_sidecar.errors import BadReport
from espalier_sidecar.intake import take
from espalier_sidecar.report import parse_reports
from espalier_sidecar.segment import encode_line
from espalier_sidecar.spool import Spool
from espalier_sidecar.volume import Folder
from tests.sidecar.contexts import context_of
from tests.sidecar.event_files import append, event, record, scalar, simple
from tests.sidecar.fake_ingest import FakeIngest
from tests.sidecar.running import RunningSidecar
from tests.sidecar.test_process import wait_until

MEMORY = limits.CONTAINER - limits.SPARE


def listed(item: str, size: int = limits.BODY) -> bytes:
    """Write a list of as many items as fit."""
    count = (size - 2) // (len(item.encode()) + 1)
    return f"[{','.join([item] * count)}]".encode()


def keyed(value: str, size: int = limits.BODY) -> bytes:
    """Write an object of as many keys as fit."""
    item = len(f'"12345":{value},')
    return ("{" + ",".join(f'"{key:05x}":{value}' for key in range(size // item)) + "}").encode()


COSTLY = {
    "reports": listed('{"step":1,"value":1}'),
    "objects": listed('{"k":0}'),
    "empty objects": listed("{}"),
    "lists": listed("[]"),
    "nested lists": listed("[" * 10 + "]" * 10),
    "brackets without end": b"[" * limits.BODY,
    "numbers": listed("0.5"),
    "whole numbers": listed("999"),
    "strings": listed('"ab"'),
    "one long string": b'["' + b"\x7f" * (limits.BODY - 4) + b'"]',
    "a string of four bytes a character": b'["' + "\U0001f600".encode() * (limits.BODY // 4 - 2),
    "keys": keyed("0"),
    "keys of numbers": keyed("0.5"),
    "a report of many keys": b'[{"step":1,' + keyed("0.5")[1:-20] + b"}]",
}


def test_the_bounds_add_up_to_less_than_the_container_may_hold() -> None:
    assert sum(limits.HELD.values()) <= MEMORY
    resources = SidecarSettings("image", "https://ingest").resources
    assert resources.limits.memory == LEAST_MEMORY == f"{limits.CONTAINER >> 20}Mi"


@pytest.mark.parametrize("body", COSTLY.values(), ids=COSTLY)
def test_a_body_is_not_much_larger_parsed(body: bytes) -> None:
    assert len(body) <= limits.BODY
    tracemalloc.start()
    with contextlib.suppress(BadReport):
        lines = [encode_line(report) for report in parse_reports(bytearray(body), "loss")]
        assert lines
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= limits.PARSED


def test_room_is_lent_up_to_its_size_and_given_back() -> None:
    budget = ByteBudget(10)
    with (
        budget.reserve(6, 0),
        budget.reserve(4, 0),
        pytest.raises(BudgetExhausted),
        budget.reserve(1, 0),
    ):
        pass
    with pytest.raises(ZeroDivisionError), budget.reserve(10, 0):
        raise ZeroDivisionError
    with budget.reserve(10, 0):
        pass


def test_a_post_waits_for_room() -> None:
    budget = ByteBudget(10)
    got = threading.Event()

    def wait() -> None:
        with budget.reserve(8, 20):
            got.set()

    with budget.reserve(5, 0):
        waiting = threading.Thread(target=wait)
        waiting.start()
        assert not got.is_set()
    waiting.join()
    assert got.is_set()


def test_parallel_posts_of_the_largest_size_are_all_taken(
    sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    """Twelve at once, and again: each is kept, none of what was acknowledged is lost."""
    ingest.close()

    def post(first: int) -> int:
        rows = []
        while len(json.dumps(rows)) < limits.BODY - 20_000:
            start = first * 100_000 + len(rows)
            rows += [{"step": start + more, "value": 0.123456789} for more in range(300)]
        status = sidecar.post(rows)[0]
        assert status == 202
        return len(rows)

    with ThreadPoolExecutor(12) as pool:
        posted = sum(pool.map(post, range(24)))
    health = sidecar.health()
    assert health["pending"] + health["dropped"] == posted
    assert health["dropped"] == 0
    assert sidecar.peak_kib() * 1024 < MEMORY


def test_no_attack_within_the_limits_takes_the_memory(
    sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    """As many connections as there are, each with the costliest that it may send."""
    bodies = [*COSTLY.values(), b"x" * 1_000_000, b"[" * limits.SMALL_BODY]
    head = b"".join(b"h%d: %s\r\n" % (i, b"x" * 70) for i in range(90))

    def attack(number: int) -> set[int]:
        answers = set()
        for turn in range(8):
            body = bodies[(number + turn) % len(bodies)]
            try:
                answers.add(sidecar.request("POST", "/report", body)[0])
            except (OSError, http.client.HTTPException):
                continue
            request = b"POST /report HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n" % (head, len(body))
            with socket.create_connection(("127.0.0.1", sidecar.port), 10) as connection:
                try:
                    connection.sendall(request + body)
                    connection.recv(100)
                except OSError:
                    continue
        return answers

    with ThreadPoolExecutor(40) as pool:
        answers = set().union(*pool.map(attack, range(40)))
    assert {202, 400, 413} <= answers <= {202, 400, 413, 503}
    assert sidecar.post({"step": 2**40, "value": 0.5})[0] == 202
    ingest.wait_for_steps([2**40])
    assert sidecar.peak_kib() * 1024 < MEMORY
    assert sidecar.terminate() == 0


def test_bodies_that_do_not_come_hold_up_no_small_post(sidecar: RunningSidecar) -> None:
    head = f"POST /report HTTP/1.1\r\nContent-Length: {limits.BODY}\r\n\r\n".encode()
    slow = [socket.create_connection(("127.0.0.1", sidecar.port)) for _ in range(8)]
    try:
        for connection in slow:
            connection.sendall(head + b"[")
        assert sidecar.post({"step": 1, "value": 0.5})[0] == 202
        answered = [all_of(connection) for connection in slow]
    finally:
        for connection in slow:
            connection.close()
    codes = {answer.split()[1] for answer in answered}
    # Two had room and were too slow; the others were told that there is none.
    assert codes == {b"408", b"503"}
    assert all(b'"error": "expected' in answer for answer in answered)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n", id="a long line"),
        pytest.param(b"GET /healthz HTTP/1.1\r\nh: " + b"x" * 60_000 + b"\r\n\r\n", id="a header"),
        pytest.param(
            b"GET /healthz HTTP/1.1\r\n" + b"h: xxxx\r\n" * 5_000 + b"\r\n", id="many headers"
        ),
        pytest.param(b"GET / HTTP/9.9\r\n\r\n", id="another version"),
        pytest.param(b"\x1b[31m\n\n", id="no request"),
    ],
)
def test_a_head_beyond_the_limits_is_answered_in_words(
    sidecar: RunningSidecar, head: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", sidecar.port), 10) as connection:
        connection.sendall(head)
        answer = all_of(connection)
    status, body = answer.split(b"\r\n", 1)[0], answer.rpartition(b"\r\n\r\n")[2]
    assert status.split()[1] in (b"400", b"431", b"505")
    assert json.loads(body)["error"]
    assert sidecar.health()["pending"] == 0


def test_one_connection_too_many_is_told_so(sidecar: RunningSidecar) -> None:
    held = [
        socket.create_connection(("127.0.0.1", sidecar.port)) for _ in range(limits.CONNECTIONS)
    ]
    try:
        for connection in held:
            connection.sendall(b"GET /healthz HTTP/1.1\r\n\r\n")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        for _ in range(2 * limits.LEAVING):
            status, answer = sidecar.post([{"step": 1, "value": 0.5}] * 2_000)
            assert status == 503
            assert "keep one open" in answer["error"]
    finally:
        for connection in held:
            connection.close()
    wait_until(lambda: sidecar.post({"step": 1, "value": 0.5})[0] == 202)


@pytest.mark.parametrize("what", ["lines", "no line", "reports"])
def test_a_followed_file_of_any_size_is_read_in_little_memory(
    what: str, sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    content = {
        "lines": b"\n" * 2**22,
        "no line": b"x" * 2**22,
        "reports": b'{"step": 1, "value": 0.5}\n' * 100_000,
    }[what]
    file = sidecar.directory / "reports.jsonl"
    with file.open("ab") as writer:
        writer.write(content + b'\n{"step": 2, "value": 0.5}\n')
    ingest.wait_for_steps([2])
    assert sidecar.peak_kib() * 1024 < MEMORY


LINE = limits.CHUNK - 1
PAIRS = "".join(f"n{number:03}=0.5 " for number in range(LONGEST // 9))
KEYS = "{" + ",".join(f'"{key:05x}":0.5' for key in range(900)) + "}"
TEXTS = {
    "many values": ({"pattern": r"(?P<step>\d)(?P<value>\d) "}, "11 " * (LONGEST // 3)),
    "as many values as may be": ({"pattern": r"(?P<step>\d)(?P<value>\d) "}, "11 " * 512),
    "numbers that are cut": ({"pattern": r"(?P<step>\d)(?P<value>\d)"}, "1" * LONGEST),
    "no numbers": ({"pattern": r"(?P<step>.*?)(?P<value>)"}, "x" * LONGEST),
    "pairs": ({"preset": "KeyValue"}, PAIRS),
    "pairs of a bar": ({"preset": "KeyValue"}, PAIRS + "\r" + PAIRS),
    "keys": ({"preset": "JSONLines"}, KEYS),
    "more keys than may be": ({"preset": "JSONLines"}, keyed("0.5", LINE).decode()),
    "lists": ({"preset": "JSONLines"}, f'{{"k":{listed("[]", LINE - 6).decode()}}}'),
    "strings": ({"preset": "JSONLines"}, f'{{"k":{listed(chr(34) * 2, LINE - 6).decode()}}}'),
    "numbers": ({"preset": "JSONLines"}, f'{{"k":{listed("0.5", LINE - 6).decode()}}}'),
    "reports": (None, listed('{"step":1,"value":1}', LINE).decode()),
    "objects": (None, listed('{"k":0}', LINE).decode()),
}


@pytest.mark.parametrize(("section", "line"), TEXTS.values(), ids=TEXTS)
def test_a_chunk_of_a_followed_file_is_not_much_larger_parsed(
    section: dict[str, str] | None, line: str, tmp_path: Path
) -> None:
    lines = ReportLines("loss") if section is None else printed_lines(section, "loss")
    (tmp_path / "log").write_text(f"{line}\n" * (20 if len(line) <= LONGEST else 4))
    volume = Folder.at(str(tmp_path))
    own = volume.own_folder()
    spool = Spool(own, 2**24)
    context = context_of(tmp_path)
    collector = FollowedFile(context, "log", lines)
    tracemalloc.start()
    assert not take(collector, spool, time.monotonic() + 600)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    collector.close()
    assert peak <= limits.CHUNK + limits.CHUNK_PARSED


@pytest.mark.parametrize("what", ["scalars", "one record", "files", "files anew"])
def test_event_files_are_read_and_known_in_little_memory(what: str, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    long = "x" * 200
    if what == "scalars":
        append(runs / "x.tfevents", *(scalar("x", step, 0.5) for step in range(20_000)))
    elif what == "one record":
        names = [simple(f"{number:x}", 0.5) for number in range(1100)]
        append(runs / "x.tfevents", *(record(event(step, *names)) for step in range(9)))
    else:
        for number in range(MOST_FILES):
            append(runs / long / str(number) / f"{long}.tfevents", scalar("x", number, 0.5))
    spool = Spool(Folder.at(str(tmp_path)).own_folder(), 2**24)
    collector = EventFiles(context_of(tmp_path), str(runs))
    tracemalloc.start()
    assert not take(collector, spool, time.monotonic() + 600)
    if what == "files anew":
        collector.poll(time.monotonic() + 600, True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert collector.health().matched >= 9
    read = limits.CHUNK_PARSED if what in ("scalars", "one record") else 0
    assert peak <= read + limits.CHUNK + limits.KNOWN_OF_EVENTS


def all_of(connection: socket.socket) -> bytes:
    """Read until the other side has no more to say."""
    answer = b""
    while piece := connection.recv(65536):
        answer += piece
    return answer


def test_at_rest_it_is_small(sidecar: RunningSidecar, ingest: FakeIngest) -> None:
    sidecar.post({"step": 1, "value": 0.5})
    ingest.wait_for_steps([1])
    assert sidecar.resident_kib() * 1024 <= limits.RESIDENT
