"""How long the page of a study with many trials takes to be drawn, and to follow the keys.

*First* is with a reader that has just begun and reads the whole study from the store, *again* with
one that knows it. Times are from the address to the curves, and to all of the page; then an arrow
key, from the press to the sentence. ESPALIER_BENCH_PAGE gives the size as ``trials x steps``.
Figures are printed; nothing is asserted.
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

from tests.read_api.browser import Looking, browsing, looking
from tests.read_api.made_up import MadeUp, write
from tests.read_api.serving import served

TRIALS, STEPS = os.environ.get("ESPALIER_BENCH_PAGE", "10000x50").split("x")
KEYS = 50


async def drawn(page: Looking, address: str) -> str:
    began = time.perf_counter()
    await page.page.goto(address)
    await page.page.locator("#curves .controls button").first.wait_for()
    curves = time.perf_counter() - began
    await page.drawn()
    return f"curves after {curves:.2f} s, all after {time.perf_counter() - began:.2f} s"


async def followed(page: Looking) -> float:
    """Return the seconds that a key takes, on the mean."""
    told, began = "", time.perf_counter()
    await page.page.locator("#curves canvas.front").focus()
    for _ in range(KEYS):
        await page.page.keyboard.press("ArrowRight")
        await page.page.wait_for_selector(f'.told:not(:text-is("{told}"))')
        told = await page.text(".told")
    return (time.perf_counter() - began) / KEYS


async def measured(folder: Path) -> None:
    url = await write(folder, MadeUp("many"), trials=int(TRIALS), steps=int(STEPS))
    async with served(url) as asking, browsing() as browser:
        address = f"{asking.url}/studies/research/many"
        async with looking(browser, f"{asking.url}/healthz") as page:
            print(f"\n{TRIALS} trials of {STEPS} steps")
            print("first:", await drawn(page, address))
            print("again:", await drawn(page, address))
            print(f"an arrow key: {await followed(page) * 1000:.0f} ms")


def test_a_page_of_many_trials(tmp_path: Path) -> None:
    asyncio.run(measured(tmp_path))
