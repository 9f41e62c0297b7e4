"""Whatever a pod posts: a clear answer, nothing stored, nobody else slowed."""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from espalier.errors import ReportError, RetryLater
from espalier.ingest import Limits
from tests.ingest.serving import HOST, UID, Serving, batch, binding_of, serving, status_of, token_of

GOOD = batch("digits-7", (1, 0.5))
Answered = tuple[int, dict[str, Any], Mapping[str, str]]
Attack = Callable[[Serving], Awaitable[Answered]]


def run(folder: Path, attack: Callable[[Serving], Awaitable[None]], **options: Any) -> None:
    async def serve() -> None:
        async with serving(folder, **options) as world:
            await attack(world)

    asyncio.run(serve())


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def other_trial(world: Serving) -> Answered:
    world.live.bind(binding_of("pod-8", 8))
    return await world.post(batch("digits-8", (1, 0.5)), pod="pod-7")


async def other_namespace(world: Serving) -> Answered:
    return await world.post(GOOD | {"trial": "elsewhere/digits-7"})


async def no_token(world: Serving) -> Answered:
    return await world.post(GOOD, pod=None)


async def basic_authentication(world: Serving) -> Answered:
    return await world.post(GOOD, pod=None, headers={"Authorization": "Basic cG9kLTc6eA=="})


async def wrong_audience(world: Serving) -> Answered:
    token = token_of("pod-7", audience="https://kubernetes.default.svc")
    return await world.post(GOOD, pod=None, headers=bearer(token))


async def endless_token(world: Serving) -> Answered:
    return await world.post(GOOD, pod=None, headers=bearer("a.b." + "c" * 7000))


async def replaced_pod(world: Serving) -> Answered:
    world.live.bind(binding_of("pod-7b", 7, attempt=2))
    return await world.post(GOOD)


async def contradiction(world: Serving) -> Answered:
    assert (await world.post(batch("digits-7", (2, 0.75))))[0] == 200
    return await world.post(batch("digits-7", (3, 0.5), (2, 0.25)))


async def ten_megabytes(world: Serving) -> Answered:
    return await world.post(b" " * 10_000_000)


async def ten_megabytes_in_chunks(world: Serving) -> Answered:
    async def chunks() -> Any:
        for _ in range(160):
            yield b" " * 65_536

    sent = bearer(token_of("pod-7")) | {"Content-Type": "application/json"}
    async with world.http.post(world.url, data=chunks(), headers=sent) as got:
        return got.status, await got.json(), got.headers


async def gzip_bomb(world: Serving) -> Answered:
    body = gzip.compress(b" " * 50_000_000)
    return await world.post(body, headers={"Content-Encoding": "gzip"})


async def a_million_steps(world: Serving) -> Answered:
    body = b",".join([b'{"metric":"m","step":1,"value":0}'] * 1_000_000)
    return await world.post(b'{"trial":"research/digits-7","reports":[' + body + b"]}")


async def a_form(world: Serving) -> Answered:
    return await world.post(b"step=3", headers={"Content-Type": "text/plain"})


async def another_path(world: Serving) -> Answered:
    world.url = world.url.replace("/v1/report", "/v2/../etc/passwd")
    return await world.post(GOOD)


async def another_method(world: Serving) -> Answered:
    async with world.http.get(world.url, headers=bearer(token_of("pod-7"))) as got:
        return got.status, await got.json(), got.headers


def posts(body: Any) -> Attack:
    async def attack(world: Serving) -> Answered:
        return await world.post(body)

    return attack


def prints(body: Any) -> Attack:
    async def attack(world: Serving) -> Answered:
        world.url = world.url.replace("/v1/report", "/v1/output")
        return await world.post(body)

    return attack


def value(text: str) -> bytes:
    return json.dumps(GOOD).replace("0.5", text).encode()


ATTACKS: dict[str, tuple[Attack, int, str]] = {
    "a pod that posts for another trial": (other_trial, 403, "NotYourTrial"),
    "a pod that posts for another namespace": (other_namespace, 403, "NotYourTrial"),
    "a pod that was replaced": (replaced_pod, 403, "NotPresentPod"),
    "no token": (no_token, 401, "Unauthenticated"),
    "a password": (basic_authentication, 401, "Unauthenticated"),
    "a token for another audience": (wrong_audience, 401, "Unauthenticated"),
    "a token that is nearly too long for a header": (endless_token, 401, "Unauthenticated"),
    "NaN": (posts(value("NaN")), 400, "BadBody"),
    "1e400": (posts(value("1e400")), 422, "BadValue"),
    "a negative step": (posts(batch("digits-7", (-1, 0.5))), 422, "BadStep"),
    "a repeated step with another value": (contradiction, 409, "Contradiction"),
    "10 MB": (ten_megabytes, 413, "TooLarge"),
    "10 MB without a length": (ten_megabytes_in_chunks, 413, "TooLarge"),
    "a gzip bomb": (gzip_bomb, 415, "BadEncoding"),
    "a million steps": (a_million_steps, 413, "TooLarge"),
    "a body that is a form": (a_form, 415, "BadEncoding"),
    "another path": (another_path, 404, "NotFound"),
    "another method": (another_method, 405, "BadMethod"),
    "another trial's output": (
        prints({"trial": "research/digits-8", "text": ""}),
        403,
        "NotYourTrial",
    ),
    "an output that is no text": (
        prints({"trial": "research/digits-7", "text": 5}),
        400,
        "BadBody",
    ),
    "an output without end": (prints(b"x" * 200_000), 413, "TooLarge"),
    "brackets without end": (posts(b"[" * 65_000), 400, "BadBody"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_it_is_refused_and_nothing_is_stored(name: str, tmp_path: Path) -> None:
    attack, status, code = ATTACKS[name]

    async def check(world: Serving) -> None:
        came_status, body, _ = await attack(world)
        assert (came_status, body["error"]["code"]) == (status, code)
        assert 10 < len(body["error"]["message"]) <= 400
        kept = [(7, "val_accuracy", 2, 0.75)] if code == "Contradiction" else []
        assert await world.stored() == kept
        assert world.live.record(UID).trial(8).step is None

    run(tmp_path, check)


def test_headers_byte_by_byte_are_cut_off_and_nobody_else_is(tmp_path: Path) -> None:
    async def attack(world: Serving) -> None:
        trust = ssl.create_default_context(cadata=world.authority.certificate_pem.decode())
        drips = [await asyncio.open_connection(HOST, world.port, ssl=trust) for _ in range(50)]

        async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"POST /v1/report HTTP/1.1\r\n")
            while not reader.at_eof():
                writer.write(b"X-A: b\r\n")
                try:
                    await asyncio.wait_for(reader.read(1), 0.05)
                except TimeoutError:
                    continue
                except ConnectionError:
                    break
            writer.close()

        dripping = asyncio.gather(*(drip(*each) for each in drips))
        step = 0
        while not dripping.done():
            step += 1
            assert (await world.post(batch("digits-7", (step, 0.5))))[0] == 200
            await asyncio.sleep(0.02)
        await dripping
        assert step > 1

    limits = Limits(silence_seconds=0.5, pod_rate=1e4, pod_burst=1e4)
    run(tmp_path, attack, limits=limits)


def test_a_body_that_never_ends_is_given_up(tmp_path: Path) -> None:
    async def attack(world: Serving) -> None:
        async def chunks() -> Any:
            yield b"{"
            await asyncio.sleep(30)

        sent = bearer(token_of("pod-7")) | {"Content-Type": "application/json"}
        async with world.http.post(world.url, data=chunks(), headers=sent) as got:
            assert got.status == 408
            assert (await got.json())["error"]["code"] == "TooSlow"

    run(tmp_path, attack, limits=Limits(body_seconds=0.2))


def test_connections_are_bounded(tmp_path: Path) -> None:
    async def attack(world: Serving) -> None:
        trust = ssl.create_default_context(cadata=world.authority.certificate_pem.decode())
        opened = []
        for _ in range(12):
            try:
                opened.append(await asyncio.open_connection(HOST, world.port, ssl=trust))
            except ConnectionError:
                continue
        # Those above the limit are cut off at once; each of the others is still answered.
        living = 0
        for reader, writer in opened:
            try:
                writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                living += bool(await reader.read(1))
            except ConnectionError:
                continue
        assert living == 8

    run(tmp_path, attack, limits=Limits(connections_a_peer=8))


def test_one_pod_that_floods_is_slowed_and_the_others_are_not(tmp_path: Path) -> None:
    async def attack(world: Serving) -> None:
        world.live.bind(binding_of("pod-8", 8))
        flood = await asyncio.gather(
            *(world.post(batch("digits-7", (step, 0.5))) for step in range(60))
        )
        statuses = [status for status, _, _ in flood]
        assert statuses.count(200) >= 10
        assert statuses.count(429) >= 40
        assert all(int(headers["Retry-After"]) >= 1 for s, _, headers in flood if s == 429)
        assert (await world.post(batch("digits-8", (1, 0.5)), pod="pod-8"))[0] == 200

    run(tmp_path, attack, limits=Limits(pod_rate=0.1, pod_burst=10))


def test_many_bad_tokens_do_not_become_many_questions(tmp_path: Path) -> None:
    async def attack(world: Serving) -> None:
        tokens = [token_of(f"pod-{i}", audience="x") for i in range(300)]
        answers = [(await world.post(GOOD, pod=None, headers=bearer(token)))[0] for token in tokens]
        assert set(answers) == {401, 429}
        assert len(world.api.reviewed) < 60

    # So slow that it makes no difference how long the posts take.
    run(tmp_path, attack, limits=Limits(review_peer_rate=0.05, review_peer_burst=40))


def test_a_token_is_asked_about_once_however_many_posts_bring_it(tmp_path: Path) -> None:
    async def attack(world: Serving) -> None:
        answers = await asyncio.gather(
            *(world.post(batch("digits-7", (step, 0.5))) for step in range(30))
        )
        assert {status for status, _, _ in answers} == {200}
        assert len(world.api.reviewed) == 1

    run(tmp_path, attack)


def test_known_pods_go_on_while_the_api_server_is_away(tmp_path: Path) -> None:
    async def attack(world: Serving) -> None:
        world.live.bind(binding_of("pod-8", 8))
        assert (await world.post(GOOD))[0] == 200
        world.api.error = RetryLater("the API server does not answer", after=2)
        assert (await world.post(batch("digits-7", (2, 0.5))))[0] == 200
        status, body, headers = await world.post(batch("digits-8", (1, 0.5)), pod="pod-8")
        assert (status, body["error"]["code"]) == (503, "RetryLater")
        assert headers["Retry-After"] == "2"
        world.api.error = None
        assert (await world.post(batch("digits-8", (1, 0.5)), pod="pod-8"))[0] == 200

    run(tmp_path, attack)


def test_a_pod_that_is_not_known_yet_is_looked_up(tmp_path: Path) -> None:
    async def attack(world: Serving) -> None:
        body = batch("digits-9", (1, 0.5))
        status, _, headers = await world.post(body, pod="pod-9")
        assert (status, headers["Retry-After"]) == (503, "1")
        world.api.pods["pod-9"] = binding_of("pod-9", 9)
        answers = await asyncio.gather(*(world.post(body, pod="pod-9") for _ in range(5)))
        assert [status for status, _, _ in answers] == [200] * 5
        assert world.api.looked_up == ["pod-9", "pod-9"]
        refused = ReportError("NotYourTrial", "this pod is of no trial", status=403)
        world.api.pods["pod-10"] = refused
        assert (await world.post(body, pod="pod-10"))[0] == 403

    run(tmp_path, attack)


def test_who_hangs_up_loses_nothing_and_breaks_nothing(tmp_path: Path) -> None:
    async def attack(world: Serving) -> None:
        trust = ssl.create_default_context(cadata=world.authority.certificate_pem.decode())
        for step in range(20):
            body = json.dumps(batch("digits-7", (step, 0.5))).encode()
            _, writer = await asyncio.open_connection(HOST, world.port, ssl=trust)
            head = "POST /v1/report HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            token = f"Authorization: Bearer {token_of('pod-7')}\r\n"
            writer.write(f"{head}{token}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()
            if step % 2:
                await asyncio.sleep(0.002)
            writer.transport.abort()
        steps = [(step, 0.5) for step in range(20)]
        status, answer, _ = await world.post(batch("digits-7", *steps))
        assert status == 200
        assert answer["accepted"] + answer["repeated"] == 20
        stored = await world.stored()
        assert sorted(step for _, _, step, _ in stored) == list(range(20))

    run(tmp_path, attack)


def test_others_are_answered_in_time_during_an_attack(tmp_path: Path) -> None:
    """The longest wait of the others is printed; that they are all answered is asserted."""

    async def attack(world: Serving) -> None:
        world.live.bind(binding_of("pod-8", 8))
        stop = asyncio.Event()

        async def attacker() -> None:
            while not stop.is_set():
                for body in (b"[" * 60_000, b" " * 200_000, value("1e400")):
                    await world.post(body)

        attackers = [asyncio.create_task(attacker()) for _ in range(5)]
        took = []
        for step in range(50):
            began = time.perf_counter()
            status, _, _ = await world.post(batch("digits-8", (step, 0.5)), pod="pod-8")
            took.append(time.perf_counter() - began)
            assert status == 200
        stop.set()
        await asyncio.gather(*attackers)
        print(f"longest answer under attack: {sorted(took)[-1] * 1e3:.0f} ms")

    run(tmp_path, attack, limits=Limits(pod_rate=1e4, pod_burst=1e4))


def test_the_reviewer_of_these_tests_refuses_other_audiences() -> None:
    assert status_of(token_of("pod-7"))["authenticated"] is True
    assert status_of(token_of("pod-7", audience="x"))["authenticated"] is False
