"""The log as a stream says what the exported file says."""

from __future__ import annotations

import asyncio
import gzip

from espalier.store import lines, read_log
from tests.read_api.serving import ADMIN, MEMBER, served

LOG = "/v1/namespaces/research/studies/digits/log"


def test_the_stream_is_the_exported_log(golden: str) -> None:
    log = read_log(golden, "research", "digits")
    assert log is not None
    expected = list(lines(log))

    async def run() -> None:
        async with served(golden) as ask:
            status, text, headers = await ask.get(LOG)
            assert status == 200
            assert text.splitlines() == expected
            assert headers["Content-Type"] == "application/x-ndjson"

    asyncio.run(run())


def test_who_takes_it_packed_gets_it_packed(golden: str) -> None:
    async def run() -> tuple[bytes, str]:
        async with served(golden) as ask:
            sent = {"Authorization": f"Bearer {ADMIN}", "Accept-Encoding": "gzip"}
            async with ask.session.get(
                ask.url + LOG, headers=sent, auto_decompress=False
            ) as answer:
                assert answer.headers["Content-Encoding"] == "gzip"
                packed = await answer.read()
            return packed, (await ask.get(LOG))[1]

    packed, plain = asyncio.run(run())
    assert gzip.decompress(packed).decode() == plain


def test_it_is_shown_to_nobody_else(golden: str) -> None:
    async def run() -> None:
        async with served(golden) as ask:
            assert (await ask.get(LOG, None))[0] == 401
            assert (await ask.get(LOG.replace("research", "elsewhere"), MEMBER))[0] == 403

    asyncio.run(run())
