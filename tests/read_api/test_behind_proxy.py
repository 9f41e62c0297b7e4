"""The page behind a proxy that logs people in and serves it below a prefix, as an Ingress does."""

from __future__ import annotations

import asyncio

import pytest

from tests.read_api.browser import browsing, looking
from tests.read_api.proxy import behind_proxy
from tests.read_api.serving import ADMIN, MEMBER, served


@pytest.mark.parametrize("prefix", ["", "/tools/espalier"], ids=["at the root", "below a prefix"])
def test_whoever_is_logged_in_finds_the_studies_and_one_that_is_live(
    prefix: str, golden: str
) -> None:
    async def run() -> None:
        async with (
            served(golden) as asking,
            behind_proxy(asking.url, prefix, ADMIN) as address,
            browsing() as browser,
            looking(browser, f"{address}/", token=None) as seen,
        ):
            await seen.page.get_by_role("link", name="digits").click()
            await seen.drawn()
            assert seen.page.url == f"{address}/studies/research/digits"
            await seen.page.get_by_text("live", exact=True).wait_for()
            assert "2 running" in await seen.text("main")
            await seen.page.locator(".home a").click()
            await seen.page.get_by_role("link", name="digits").wait_for()
            assert seen.page.url == f"{address}/"
            assert seen.complaints == []

    asyncio.run(run())


def test_whom_the_proxy_lets_in_sees_no_more_than_his_own(golden: str) -> None:
    async def run() -> None:
        async with (
            served(golden) as asking,
            behind_proxy(asking.url, "/tools/espalier", MEMBER) as address,
            browsing() as browser,
            looking(browser, f"{address}/studies/elsewhere/adopted", token=None) as seen,
        ):
            await seen.page.get_by_text("You may not see this").wait_for()

    asyncio.run(run())
