"""The files of the page, as they are served."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from tests.read_api.serving import served

PAGE = Path(__file__).parents[2] / "operator/espalier/read_api/page"


def test_every_file_is_served_to_everybody_and_nothing_beside_it(golden: str) -> None:
    async def run() -> None:
        async with served(golden) as ask:
            for file in PAGE.iterdir():
                status, body, headers = await ask.get(f"/page/{file.name}", None)
                assert (status, body) == (200, file.read_text())
                assert headers["X-Content-Type-Options"] == "nosniff"
                known = await ask.get(
                    f"/page/{file.name}", None, **{"If-None-Match": headers["ETag"]}
                )
                assert known[0] == 304
            for path in ("/page/../server.py", "/page/%2e%2e/server.py", "/page/", "/page"):
                assert (await ask.get(path, None))[0] == 404

    asyncio.run(run())


def test_the_policy_lets_nothing_in_from_elsewhere(golden: str) -> None:
    async def run() -> None:
        async with served(golden) as ask:
            for path in ("/", "/studies/research/digits", "/studies/no/such"):
                status, body, headers = await ask.get(path, None)
                assert status == 200
                policy = headers["Content-Security-Policy"]
                assert policy.startswith("default-src 'self';")
                assert "unsafe" not in policy
                assert "frame-ancestors 'none'" in policy
                assert "digits" not in body

    asyncio.run(run())


def test_the_files_name_no_other_server_and_hold_no_markup_to_run() -> None:
    for file in PAGE.iterdir():
        text = file.read_text()
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text), file.name
        for dangerous in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "eval(",
            "document.write",
        ):
            assert dangerous not in text, file.name
        assert not re.search(r"<script(?! type=\"module\" src=)|\sstyle=|\son\w+=\"", text), (
            file.name
        )
