"""Floods of connections, tokens and malformed requests: refused, counted, and nobody else slowed.

The attacker has loopback addresses of its own, as a pod has.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from espalier.engine.reports.submission import Binding
from espalier.errors import ReportError, RetryLater, SpecError
from espalier.ingest import Keys, Limits
from espalier.kube import NotFound, Refused
from espalier.planning.workload.job import JOB
from tests.ingest.issuer import Issuer
from tests.ingest.serving import AUDIENCE, HOST, UID, Serving, batch, binding_of, serving, token_of
from tests.kube.answering import answering
from tests.patience import PATIENCE

ATTACKER = "127.6.6.6"


class Said:
    """Counts what ingest tells."""

    def __init__(self) -> None:
        self.cut: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self.checks: Counter[str] = Counter()

    def __getattr__(self, _name: str) -> Callable[..., None]:
        return lambda *_args, **_kw: None

    def connection_cut(self, why: str) -> None:
        self.cut[why] += 1

    def report_answered(self, code: str, _seconds: float, _trial: str = "") -> None:
        self.codes[code] += 1

    def token_checked(self, check: str) -> None:
        self.checks[check] += 1


def loops() -> list[Any]:
    """Return the event loops that the operator may run on: uvloop's where it is installed."""
    found = [pytest.param(asyncio.new_event_loop, id="asyncio")]
    if find_spec("uvloop") is not None:
        found.append(pytest.param(import_module("uvloop").new_event_loop, id="uvloop"))
    return found


each_loop = pytest.mark.parametrize("loop", loops())


def run(
    folder: Path, attack: Callable[[Serving], Awaitable[None]], loop: Any = None, **options: Any
) -> None:
    async def serve() -> None:
        async with serving(folder, **options) as world, asyncio.timeout(PATIENCE):
            await attack(world)

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(serve())


async def connect(port: int, source: str = ATTACKER) -> socket.socket:
    """Connect without a word of TLS."""
    made = socket.socket()
    made.setblocking(False)
    made.bind((source, 0))
    with contextlib.suppress(ConnectionError):  # it is reset at once where there is no place
        await asyncio.get_running_loop().sock_connect(made, (HOST, port))
    return made


async def is_open(connection: socket.socket) -> bool:
    try:
        async with asyncio.timeout(0.001):
            return bool(await asyncio.get_running_loop().sock_recv(connection, 1))
    except TimeoutError:
        return True
    except (OSError, ValueError):  # uvloop's word for one that is closed on this side
        return False


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


async def still_open(connections: list[socket.socket], most: int) -> int:
    """Wait until no more than so many are open; return how many are."""
    while (left := sum([await is_open(each) for each in connections])) > most:
        await asyncio.sleep(0.05)
    return left


class Faulty(Said):
    """Fails at the first connection that is cut for each cause."""

    def connection_cut(self, why: str) -> None:
        super().connection_cut(why)
        if self.cut[why] == 1:
            raise ValueError("our own fault")


def test_a_fault_with_one_connection_ends_neither_accepting_nor_sweeping(tmp_path: Path) -> None:
    async def attack(world: Serving) -> None:
        held = [await connect(world.port) for _ in range(4)]
        assert (await world.post(batch("digits-7", (1, 0.5))))[0] == 200
        while said.cut["Silent"] < 2:
            await asyncio.sleep(0.05)
        assert said.cut["TooMany"] >= 1
        assert (await world.post(batch("digits-7", (2, 0.5))))[0] == 200
        for each in held:
            each.close()

    said = Faulty()
    limits = Limits(strangers_a_peer=2, silence_seconds=0.5, stranger_seconds=1.0)
    run(tmp_path, attack, observe=said, limits=limits)


@each_loop
@pytest.mark.parametrize("first_bytes", [b"", b"\x16\x03\x01", b"GET / HTTP/1.1\r\n\r\n"])
def test_connections_without_tls_are_bounded_and_soon_given_up(
    first_bytes: bytes, loop: Any, tmp_path: Path
) -> None:
    async def attack(world: Serving) -> None:
        before, held = descriptors(), []
        for step in range(500):
            held.append(await connect(world.port))
            with contextlib.suppress(OSError):
                held[-1].send(first_bytes)
            if step % 50 == 0:
                assert (await world.post(batch("digits-7", (step, 0.5))))[0] == 200
        await still_open(held, 64)
        # Ours and the server's ends of those 64, with a few that are being closed.
        for each in held:
            if not await is_open(each):
                each.close()
        assert descriptors() - before <= 2 * 64 + 20
        assert await still_open(held, 0) == 0
        for each in held:
            each.close()
        assert said.cut["TooMany"] + said.cut["TooFast"] + said.cut["NoHandshake"] >= 436
        assert (await world.post(batch("digits-7", (900, 0.5))))[0] == 200

    said = Said()
    run(tmp_path, attack, loop, observe=said, limits=Limits(handshake_seconds=1.0))


@each_loop
def test_a_new_pod_gets_in_while_many_addresses_hold_all_they_can(
    loop: Any, tmp_path: Path
) -> None:
    async def attack(world: Serving) -> None:
        world.live.bind(binding_of("pod-8", 8))
        held = []
        for number in range(16):
            for _ in range(20):
                held.append(await connect(world.port, f"127.6.6.{number + 1}"))
        connector = aiohttp.TCPConnector(ssl=world.trust)
        async with aiohttp.ClientSession(connector=connector) as fresh:
            world.http = fresh
            body = batch("digits-8", (1, 0.5))
            assert (await world.post(body, pod="pod-8"))[0] == 200
        for each in held:
            each.close()

    # Each of the sixteen may hold 16, which is more than there is for all.
    run(tmp_path, attack, loop, limits=Limits(connections=128, strangers_a_peer=16))


def test_pods_behind_one_address_are_not_counted_as_one(tmp_path: Path) -> None:
    async def attack(world: Serving) -> None:
        for number in range(40):
            world.live.bind(binding_of(f"pod-{number}", number))
        sessions = []
        for number in range(40):
            connector = aiohttp.TCPConnector(ssl=world.trust)
            sessions.append(aiohttp.ClientSession(connector=connector))
            world.http = sessions[-1]
            body = batch(f"digits-{number}", (1, 0.5))
            assert (await world.post(body, pod=f"pod-{number}"))[0] == 200
        assert not said.cut
        for number, session in enumerate(sessions):
            world.http = session
            body = batch(f"digits-{number}", (2, 0.5))
            assert (await world.post(body, pod=f"pod-{number}"))[0] == 200
        assert not said.cut
        for session in sessions:
            await session.close()

    said = Said()
    run(tmp_path, attack, observe=said, limits=Limits(strangers_a_peer=4))


@each_loop
def test_a_pod_holds_few_connections(loop: Any, tmp_path: Path) -> None:
    async def attack(world: Serving) -> None:
        first = world.http
        assert (await world.post(batch("digits-7", (0, 0.5))))[0] == 200
        sessions = []
        for step in range(1, 13):
            connector = aiohttp.TCPConnector(ssl=world.trust)
            sessions.append(aiohttp.ClientSession(connector=connector))
            world.http = sessions[-1]
            assert (await world.post(batch("digits-7", (step, 0.5))))[0] == 200
        assert said.cut["TooMany"] == 13 - 8
        for session in sessions:
            await session.close()
        world.http = first

    said = Said()
    run(tmp_path, attack, loop, observe=said)


@each_loop
def test_who_leaves_leaves_no_place_taken(loop: Any, tmp_path: Path) -> None:
    async def attack(world: Serving) -> None:
        connections = world.ingest._connections
        assert connections is not None
        for leave in ("close", "abort"):
            _, writer = await asyncio.open_connection(HOST, world.port, ssl=world.trust)
            getattr(writer.transport, leave)()
        (await connect(world.port)).close()
        while len(connections._places):
            await asyncio.sleep(0.01)
        assert not connections._of
        assert not connections._speaks
        assert not connections._cut

    run(tmp_path, attack, loop)


def test_a_connection_whose_posts_are_all_refused_is_closed(tmp_path: Path) -> None:
    async def attack(world: Serving) -> None:
        answered = 0
        reader, writer = await asyncio.open_connection(HOST, world.port, ssl=world.trust)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                await reader.readuntil(b"}}")
                answered += 1
        writer.close()
        assert answered == 4

    run(tmp_path, attack)


def test_a_good_token_buys_no_endless_flood_of_bad_ones_on_its_connection(tmp_path: Path) -> None:
    async def attack(world: Serving) -> None:
        answered = 0
        reader, writer = await asyncio.open_connection(HOST, world.port, ssl=world.trust)
        head = b"POST /v1/report HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        body = json.dumps(batch("digits-7", (1, 0.5))).encode()
        length = f"Content-Length: {len(body)}\r\n".encode()
        writer.write(head + token_line() + length + b"\r\n" + body)
        assert (await reader.readuntil(b"}}")).startswith(b"HTTP/1.1 200")
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                bad = f"Authorization: Bearer {token_of(f'x-{answered}', audience='x')}\r\n"
                writer.write(head + bad.encode() + b"Content-Length: 0\r\n\r\n")
                assert (await reader.readuntil(b"}}")).startswith(b"HTTP/1.1 4")
                answered += 1
        writer.close()
        assert answered == 4

    run(tmp_path, attack)


MALFORMED: dict[str, bytes] = {
    "no Host": b"POST /v1/report HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
    "two Hosts": b"POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "no HTTP": b"\x00\x01\x02\x03hello\r\n\r\n",
    "TLS in TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "a request line without end": b"POST /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
    "a header without a name": b"POST / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n",
    "a length that is no number": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
    "a negative length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "length and chunks": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "another version": b"POST / HTTP/9.9\r\nHost: x\r\n\r\n",
    "a target that is no address": b"POST http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a target of an address alone": b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
    "an asterisk": b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    "an upgrade": b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "a content type of bytes": b"POST /v1/report HTTP/1.1\r\nHost: x\r\n"
    b"Content-Type: \xff\xfe;;=\r\n\r\n",
    "a method that is none": b"\xc3\xa9T / HTTP/1.1\r\nHost: x\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 500 + b"\r\n",
}


def token_line() -> bytes:
    return f"Authorization: Bearer {token_of('pod-7')}\r\n".encode()


CHUNKED = (
    b"POST /v1/report HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n"
)
BODIES: dict[str, bytes] = {
    "a chunk whose size is no number": b"zz\r\n{}\r\n0\r\n\r\n",
    "a chunk of negative size": b"-1\r\n\r\n",
    "a chunk of endless size": b"f" * 40 + b"\r\n\r\n",
    "a chunk that is longer than it says": b"1\r\n{}}}}}\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("name", [*MALFORMED, *BODIES])
def test_what_is_no_request_is_answered_or_cut_off_without_a_word_in_the_log(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sent = MALFORMED.get(name) or CHUNKED + token_line() + b"\r\n" + BODIES[name]

    async def attack(world: Serving) -> None:
        for _ in range(3):
            reader, writer = await asyncio.open_connection(HOST, world.port, ssl=world.trust)
            writer.write(sent)
            with contextlib.suppress(ConnectionError):
                async with asyncio.timeout(PATIENCE):
                    answer = await reader.read(12)
                    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))
            writer.transport.abort()
        assert (await world.post(batch("digits-7", (1, 0.5))))[0] == 200

    said = Said()
    with caplog.at_level(logging.INFO):
        run(tmp_path, attack, observe=said)
    assert not [record for record in caplog.records if record.levelno > logging.INFO]
    assert sum(said.codes.values()) >= 4


LOOK_UPS: dict[str, tuple[Exception, str]] = {
    "a pod outside the operator's namespaces": (
        Refused('pods "x" is forbidden: User cannot get resource', code=403),
        "scope.namespaces",
    ),
    "any other refusal": (SpecError("", "invalid"), "may not look at"),
    "a label that is no number": (ValueError("invalid literal for int()"), "not as expected"),
    "an object without labels": (KeyError("labels"), "not as expected"),
    "metadata that is a list": (AttributeError("'list' has no attribute 'get'"), "not as expected"),
    "an answer that nobody thought of": (NotFound("x"), "not as expected"),
    "a pod of no trial": (ReportError("NotYourTrial", "no trial's pod", status=403), "no trial"),
}


@pytest.mark.parametrize("name", LOOK_UPS)
def test_a_pod_that_cannot_be_looked_up_is_refused_with_words_and_seldom_asked_about(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    error, words = LOOK_UPS[name]

    async def attack(world: Serving) -> None:
        world.api.pods["pod-9"] = error
        for _ in range(20):
            status, body, _ = await world.post(batch("digits-9", (1, 0.5)), pod="pod-9")
            assert (status, body["error"]["code"]) == (403, "NotYourTrial")
            assert words in body["error"]["message"]
        assert len(world.api.looked_up) == 1
        assert (await world.post(batch("digits-7", (1, 0.5))))[0] == 200

    run(tmp_path, attack)
    assert len([record for record in caplog.records if record.levelno >= logging.ERROR]) <= 1


def issuer_keys() -> tuple[Issuer, Keys]:
    issuer = Issuer()
    return issuer, Keys(issuer.document)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_good_tokens_are_taken_by_keys_without_a_question(tmp_path: Path) -> None:
    issuer, keys = issuer_keys()

    async def attack(world: Serving) -> None:
        world.api.error = RetryLater("the API server is away")
        token = issuer.token(at=time.time())
        for step in range(3):
            sent = bearer(token)
            assert (await world.post(batch("digits-7", (step, 0.5)), pod=None, headers=sent))[
                0
            ] == 200
        assert world.api.reviewed == []
        assert said.checks == {"Keys": 1}

    said = Said()
    run(tmp_path, attack, keys=keys, observe=said)


@pytest.mark.parametrize("by_keys", [True, False])
@pytest.mark.parametrize("kind", ["good", "refused", "made up"])
def test_a_flood_of_tokens_is_refused_and_a_neighbour_goes_on(
    kind: str, by_keys: bool, tmp_path: Path
) -> None:
    """The neighbours' posts, a new pod's first one, and requests for another tenant's Job."""
    issuer, keys = issuer_keys()

    def flood_token(number: int) -> str:
        at = time.time()
        if not by_keys:
            audience = AUDIENCE if kind == "good" else "x"
            pod = "pod-6" if kind != "made up" else f"made-up-{number}"
            return token_of(pod, audience=audience, expires=at + 3600 + number)
        if kind == "made up":
            return issuer.token(f"made-up-{number}", kid=f"key-{number}", at=at)
        aud = [AUDIENCE] if kind == "good" else ["x"]
        return issuer.token("pod-6", aud=aud, jti=str(number), at=at)

    def answer(request: web.Request) -> web.Response:
        body = {"metadata": {"name": "x", "uid": "u"}, "status": {"authenticated": False}}
        return web.json_response(body)

    async def attack(world: Serving) -> None:
        for number in (6, 8):
            world.live.bind(binding_of(f"pod-{number}", number))
        connector = aiohttp.TCPConnector(ssl=world.trust, local_addr=(ATTACKER, 0))
        statuses: Counter[int] = Counter()
        async with answering(answer) as cluster, aiohttp.ClientSession(connector=connector) as evil:

            async def review(token: str, urgent: bool) -> Any:
                await cluster.review_token(token, AUDIENCE, urgent=urgent)
                return await ask(token, urgent)

            ask = world.api.review
            world.api.review = review  # type: ignore[method-assign]
            body = batch("digits-6", (1, 0.5))

            async def flood(part: int) -> None:
                for number in range(part, 400, 4):
                    sent = bearer(flood_token(number)) | {"Content-Type": "application/json"}
                    with contextlib.suppress(aiohttp.ClientError):
                        async with evil.post(world.url, json=body, headers=sent) as got:
                            statuses[got.status] += 1

            began = time.monotonic()
            attackers = [asyncio.create_task(flood(part)) for part in range(4)]
            for step in range(5):
                assert (await world.post(batch("digits-7", (step, 0.5))))[0] == 200
            mine = issuer.token("pod-8", at=time.time()) if by_keys else token_of("pod-8")
            new = await world.post(batch("digits-8", (1, 0.5)), pod=None, headers=bearer(mine))
            assert new[0] == 200
            for number in range(20):
                await cluster.get(JOB, "other", f"job-{number}")
            assert sum(statuses.values()) < 400, "they did not wait for the end of the flood"
            await asyncio.gather(*attackers)
        limits, lasted = Limits(), time.monotonic() - began
        assert statuses[200] <= 1 + limits.token_burst + limits.token_rate * lasted
        assert set(statuses) <= {200, 401, 429, 503}
        most = limits.review_peer_burst + limits.review_peer_rate * lasted
        assert len(world.api.reviewed) <= most + 6, "the attacker's, and the neighbours'"

    run(tmp_path, attack, keys=keys if by_keys else None)


def test_a_namespace_that_posts_all_there_is_leaves_the_others_theirs(tmp_path: Path) -> None:
    async def attack(world: Serving) -> None:
        codes = [(await world.post(batch("digits-7", (s, 0.5))))[0] for s in range(30)]
        assert codes.count(429) == 30 - 3 - 5
        world.live.bind(Binding("uid-pod-8", "other", "pod-8", UID, "digits-8", 8, 1))
        sent = bearer(token_of("pod-8", namespace="other"))
        body = batch("digits-8", (1, 0.5)) | {"trial": "other/digits-8"}
        assert (await world.post(body, pod=None, headers=sent))[0] == 200

    limits = Limits(
        pod_rate=1e4,
        pod_burst=1e4,
        total_rate=0.001,
        total_burst=5,
        namespace_rate=0.001,
        namespace_burst=3,
    )
    run(tmp_path, attack, limits=limits)
