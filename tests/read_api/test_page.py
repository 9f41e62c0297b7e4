"""The page of a study in a real Chromium: what it shows, to whom, and that nothing gets in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.read_api.browser import Looking, browsing, looking
from tests.read_api.made_up import MadeUp, write
from tests.read_api.serving import ADMIN, MEMBER, served

MARKUP = "<img src=x onerror=\"document.title='owned'\"><b>bold</b>\u202e'\"&amp;"
RUNNING = {
    "state": "Running",
    "conditions": [
        {"type": "Degraded", "status": "True", "reason": "Queued", "message": f"held back {MARKUP}"}
    ],
    "best": {"number": 2, "value": 0.9532, "parameters": {"lr": 0.1666}, "sure": 0.83},
    "budget": {
        "limits": [{"name": "gpuHours", "usedHours": 1.5, "softAt": "2096-10-02T09:00:00Z"}]
    },
    "money": {
        **{"currency": "EUR", "deviceHour": 2.5, "used": 62.5},
        **{"saved": 21.3, "savedLow": 19.2, "savedHigh": 24.0},
    },
    "trialSeconds": {"used": 992.5},
    "steps": {"done": 120},
    "gpuSeconds": {"used": 912.5, "saved": 310.0, "savedLow": 280.0, "savedHigh": 350.0},
    "pruning": {"judged": 98, "riskStated": 0.05, "riskSpent": 0.012, "riskLeft": 0.038},
}
FAILED = {
    "state": "Failed",
    "conditions": [
        {
            "type": "Succeeded",
            "status": "False",
            "reason": "TooManyFailed",
            "message": "6 trials have failed, 5 may; look at what their trainers printed",
        }
    ],
}
LOOKED_AT_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"
"""Somebody comes back to the page: it asks at once."""
Look = Callable[..., Awaitable[Looking]]


def looked(url: str, see: Callable[[Look], Awaitable[None]], **statuses: Any) -> None:
    """Serve a store and look at it; `statuses` are of studies in `research`, by name."""
    known = {("research", name): {"status": status} for name, status in statuses.items()}

    async def run() -> None:
        async with AsyncExitStack() as stack:
            asking = await stack.enter_async_context(served(url, known))
            browser = await stack.enter_async_context(browsing())

            async def look(path: str, token: str | None = ADMIN, **context: Any) -> Looking:
                address = f"{asking.url}/{path}"
                return await stack.enter_async_context(looking(browser, address, token, **context))

            await see(look)

    asyncio.run(run())


def test_a_running_study_is_drawn_whole_and_breaks_no_rule_of_its_policy(golden: str) -> None:
    async def see(look: Look) -> None:
        page = await (await look("studies/research/digits")).drawn()
        text = await page.text("main")
        assert "2 running" in text
        assert "held back <img" in text
        assert "trial 2: 0.9532" in text
        assert "WorseThanPercentile" in text
        assert "5 % of losing the best trial" in text
        assert "5 min 10 s (4 min 40 s to 5 min 50 s)" in text
        assert "21.3 EUR (19.2 EUR to 24 EUR)" in text
        assert "soft about" in await page.text("#saved")
        assert await page.page.locator("p.problem").all_inner_texts() == []
        assert await page.text("#live") == "live"
        assert page.complaints == []

    looked(golden, see, digits=RUNNING)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_is_wider_than_the_screen(golden: str, scheme: str) -> None:
    async def see(look: Look) -> None:
        size = {"width": 360, "height": 740}
        seen = await look("studies/research/digits", viewport=size, color_scheme=scheme)
        page = (await seen.drawn()).page
        assert await page.evaluate("document.documentElement.scrollWidth") == 360

    looked(golden, see, digits=RUNNING)


def test_states_of_studies_are_told_apart(golden: str) -> None:
    async def see(look: Look) -> None:
        ended = await (await look("studies/research/language")).drawn()
        assert "TooManyFailed" in await ended.text("#obstacles")
        assert "Failed" in await ended.text("h1")
        deleted = await (await look("studies/research/closed")).drawn()
        assert "Deleted" in await deleted.text("h1")
        assert ended.complaints + deleted.complaints == []

    looked(golden, see, language=FAILED)


def test_who_may_not_see_it_is_told_so_and_who_is_not_known_can_log_in(golden: str) -> None:
    async def see(look: Look) -> None:
        foreign = await look("studies/elsewhere/adopted", MEMBER)
        await foreign.page.get_by_text("You may not see this").wait_for()
        nobody = await look("studies/research/digits", None)
        await nobody.page.get_by_text("You are not logged in").wait_for()
        await nobody.page.get_by_label("Token").fill(MEMBER)
        await nobody.page.keyboard.press("Enter")
        await nobody.drawn()
        stored = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
        assert MEMBER not in await nobody.page.evaluate(stored)
        missing = await look("studies/research/no-such")
        await missing.page.get_by_text("There is nothing here").wait_for()

    looked(golden, see)


def test_a_reader_that_is_away_is_asked_again_and_what_was_drawn_stays(golden: str) -> None:
    async def see(look: Look) -> None:
        page = await (await look("studies/research/digits")).drawn()
        await page.page.route("**/v1/**", lambda asked: asked.abort())
        await page.page.evaluate(LOOKED_AT_AGAIN)
        await page.page.get_by_text("The reader is away").wait_for()
        assert "What is below is of" in await page.text("#problem")
        assert "2 running" in await page.text("#state")
        await page.page.unroute("**/v1/**")
        await page.page.get_by_text("The reader is away").wait_for(state="hidden")

    looked(golden, see)


def test_the_list_leads_to_studies_below_whatever_prefix(golden: str) -> None:
    async def see(look: Look) -> None:
        page = await look("", MEMBER)
        await page.page.get_by_role("link", name="research/digits").click()
        await page.drawn()
        assert await page.text("h1") == "research/digits"
        assert page.complaints == []

    looked(golden, see)


def test_trials_are_gone_through_by_keys_alone(golden: str) -> None:
    async def see(look: Look) -> None:
        page = await (await look("studies/research/digits")).drawn()
        keys = page.page.keyboard
        await keys.press("Tab")
        await keys.press("Enter")
        while not await page.page.evaluate("document.activeElement.matches('canvas')"):
            await keys.press("Tab")
        await keys.press("Home")
        assert (await page.text(".told")).startswith("Trial 0, completed")
        for _ in range(5):
            await keys.press("ArrowRight")
        assert "worse than 0.841871, the 50th percentile" in await page.text(".told")
        await page.page.get_by_text("would have kept it").first.wait_for()
        await keys.press("ArrowUp")
        assert "rank 5" in await page.text(".told")
        await keys.press("Escape")
        assert await page.text(".told") == ""
        assert page.complaints == []

    looked(golden, see)


def test_the_table_is_sorted_and_filtered_and_chooses_a_trial(golden: str) -> None:
    async def see(look: Look) -> None:
        page = await (await look("studies/research/digits")).drawn()
        table = page.page.locator("#trials")
        await table.get_by_label("Show").select_option("Pruned")
        await table.get_by_text("1 to 2 of 2").wait_for()
        await table.get_by_role("button", name="rank").click()
        await table.locator("th[aria-sort=ascending]").wait_for()
        await table.locator("tbody button").first.click()
        await page.page.locator(".details").locator("summary").first.wait_for()
        assert await table.locator("tr[aria-current]").count() == 1

    looked(golden, see)


def test_a_study_of_nothing_and_one_of_markup_are_shown_as_they_are(tmp_path: Path) -> None:
    hostile = MadeUp(
        "hostile",
        metric=MARKUP,
        parameters=(
            {"name": MARKUP, "float": {"min": 1e-5, "max": 1.0}},
            {"name": "</script>", "int": {"min": 1, "max": 8}},
            {"name": "__proto__", "categorical": {"values": [MARKUP, "no"]}},
        ),
        words=(MARKUP, "no"),
        message=MARKUP,
    )
    asyncio.run(write(tmp_path, MadeUp("empty"), trials=0, steps=0))
    url = asyncio.run(write(tmp_path, hostile, trials=60, steps=9))

    async def see(look: Look) -> None:
        empty = await (await look("studies/research/empty")).drawn()
        assert "No trial has reported a value yet." in await empty.text("#best")
        page = await (await look("studies/research/hostile")).drawn()
        for box in await page.page.locator("details").all():
            await box.evaluate("each => { each.open = true; }")
        await page.page.locator("#trials tbody button").first.click()
        await page.page.locator(".details").locator("summary").first.wait_for()
        assert await page.page.title() == "hostile · Espalier"
        assert await page.page.locator("img, main b, main script").count() == 0
        assert MARKUP[:40] in await page.text("#trials")
        assert empty.complaints + page.complaints == []

    looked(url, see, hostile=RUNNING)


HOSTILE_VALUES: list[Any] = [
    {"a": 1, "b": [1, {"c": [], "d": {}}, [[], [2]]], "e": {"f": {"g": None}}},
    ["yes", "no", "on", "null", "~", "1", "1e5", "0x1f", "1_000", "12:30:00", "2024-01-01", ""],
    ["- a", "a: b", "# c", "a #b", "*x", "&x", "!x", "|", ">", "%a", "@a", "`a", "'", '"', "\\"],
    ["a\nb", "\ttab", " lead", "trail ", "\x00\x1b\x7f\x85\u2028\ufeff", "käse", "🌳", "="],
    [0.1, -1e-7, 1e300, 5e-324, 123456789012, -0.5, True, False],
    {"yes": 1, "1": 2, "": 3, "a b": 4, "x: y": 5, "<<": 6},
    [{"name": "lr", "float": {"min": 0.0001}}, [["deep"], {"er": ["x"]}], {"k": {"l": [1, 2]}}],
]


def test_yaml_that_the_page_writes_says_what_was_given(golden: str) -> None:
    async def see(look: Look) -> None:
        page = (await look("studies/research/digits")).page
        write_yaml = "(given) => import('../../page/yaml.js').then((it) => it.yaml(given))"
        for value in HOSTILE_VALUES:
            text = await page.evaluate(write_yaml, value)
            assert yaml.safe_load(text) == value, text

    looked(golden, see)
