"""An answer is sent once, packed to who takes it so, and refused in words."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path

from espalier.read_api.answers import Body, Kept
from tests.read_api.serving import ADMIN, served
from tests.store.storing import storing, url_of, values

DIGITS = "/v1/namespaces/research/studies/digits"
U1 = "/v1/namespaces/research/studies/u1"
STUDY = {"metadata": {"uid": "0f7c1f0e-0001", "resourceVersion": "1"}, "spec": {}, "status": {}}


def test_an_answer_has_a_tag_that_holds_until_something_is_new(tmp_path: Path) -> None:
    async def run() -> None:
        async with storing(tmp_path) as (store, row), served(url_of(tmp_path)) as ask:
            await store.commit(values(row.id, 0, 1))
            _, _, headers = await ask.get(f"{U1}/trials")
            tag = headers["ETag"]
            assert headers["Cache-Control"] == "private, no-cache"
            status, body, again = await ask.get(f"{U1}/trials", **{"If-None-Match": tag})
            assert (status, body, again["ETag"]) == (304, "", tag)
            for other in (f"{U1}/trials?limit=1", f"{U1}/curves"):
                assert (await ask.get(other, **{"If-None-Match": tag}))[0] == 200
            await store.commit(values(row.id, 0, 2, seq=1))
            status, body, now = await ask.get(f"{U1}/trials", **{"If-None-Match": tag})
            assert (status, body["items"][0]["step"]) == (200, 2)
            assert now["ETag"] != tag

    asyncio.run(run())


def test_what_the_cluster_says_of_a_study_is_new_too(golden: str) -> None:
    statuses = {("research", "digits"): STUDY}

    async def run() -> None:
        async with served(golden, statuses) as ask:
            tag = (await ask.get(DIGITS))[2]["ETag"]
            assert (await ask.get(DIGITS, **{"If-None-Match": f'W/"no", {tag}'}))[0] == 304
            statuses["research", "digits"] = {
                **STUDY, "metadata": {"uid": "0f7c1f0e-0001", "resourceVersion": "2"}
            }  # fmt: skip
            while (await ask.get(DIGITS, **{"If-None-Match": tag}))[0] == 304:
                await asyncio.sleep(0.05)

    asyncio.run(run())


def test_a_large_answer_is_packed_for_who_takes_it_so(golden: str) -> None:
    async def run() -> None:
        async with served(golden) as ask:
            url, token = f"{ask.url}{DIGITS}/trials", {"Authorization": f"Bearer {ADMIN}"}
            bodies = {}
            for coding in ("gzip", "identity", "gzip;q=0"):
                sent = {**token, "Accept-Encoding": coding}
                async with ask.session.get(url, headers=sent, auto_decompress=False) as answer:
                    bodies[coding] = (answer.headers.get("Content-Encoding"), await answer.read())
            assert bodies["gzip"][0] == "gzip"
            assert bodies["identity"][0] is bodies["gzip;q=0"][0] is None
            assert gzip.decompress(bodies["gzip"][1]) == bodies["identity"][1]

    asyncio.run(run())


def test_it_only_reads(golden: str) -> None:
    async def run() -> None:
        async with served(golden) as ask:
            token = {"Authorization": f"Bearer {ADMIN}"}
            for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
                async with ask.session.request(method, ask.url + DIGITS, headers=token) as answer:
                    assert answer.status == 405
                    assert (await answer.json())["error"]["code"] == "BadMethod"
                    assert "GET" in answer.headers["Allow"]
            async with ask.session.head(ask.url + DIGITS, headers=token) as answer:
                assert (answer.status, await answer.read()) == (200, b"")
                assert answer.headers["ETag"]

    asyncio.run(run())


def test_of_several_studies_of_a_name_another_one_can_be_named(tmp_path: Path) -> None:
    async def run() -> None:
        async with storing(tmp_path) as (store, row), served(url_of(tmp_path)) as ask:
            await store.commit(values(row.id, 0, 1))
            await store.close_study("u1", at=4e9, proof="gone")
            new = await store.open_study(
                "u2", "research", "u1", row.settings, at=3.0, version="0.1.0"
            )
            await store.commit(values(new.id, 5, 1))
            assert (await ask.get(U1))[1]["uid"] == "u2"
            status, old, _ = await ask.get(f"{U1}?uid=u1")
            assert (status, old["uid"], old["deleted"]) == (200, "u1", True)
            assert (await ask.get(f"{U1}/trials?uid=u1"))[1]["items"][0]["number"] == 0
            assert (await ask.get(f"{U1}?uid=other"))[0] == 404

    asyncio.run(run())


def test_answers_that_are_kept_stay_within_their_bound() -> None:
    kept = Kept(100)
    for number in range(10):
        kept.put(Body(str(number), b"x" * 30, None))
    assert [number for number in range(10) if kept.get(str(number))] == [7, 8, 9]
    kept.put(Body("9", b"y" * 90, None))
    assert kept.get("9") == Body("9", b"y" * 90, None)
    assert kept.get("8") is None


def test_no_answer_has_what_is_no_json(tmp_path: Path) -> None:
    async def run() -> str:
        async with storing(tmp_path) as (store, row), served(url_of(tmp_path)) as ask:
            await store.commit(values(row.id, 0, 1, value=float("inf")))
            token = {"Authorization": f"Bearer {ADMIN}"}
            async with ask.session.get(f"{ask.url}{U1}/trials", headers=token) as answer:
                return await answer.text()

    def refuse(word: str) -> None:
        raise AssertionError(word)

    json.loads(asyncio.run(run()), parse_constant=refuse)
