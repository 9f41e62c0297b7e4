"""Take the pictures of the page that the documentation shows.

    python -m tests.bench.page_pictures

writes them to docs/pictures, in few colours, so that they stay small.
"""

from __future__ import annotations

import asyncio
import io
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from tests.read_api.browser import browsing, looking
from tests.read_api.judged import judge
from tests.read_api.serving import served

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
COLOURS = 200
STATUS = {
    "state": "Running",
    "startTime": "2026-09-21T14:13:20Z",
    "best": {
        **{"number": 22, "value": 2.2629, "parameters": {"lr": 0.0004, "optimizer": "sgd"}},
        **{"expected": 2.2637, "expectedLow": 2.2588, "expectedHigh": 2.2686, "sure": 0.61},
    },
    "gpuSeconds": {"used": 5210.0, "saved": 2630.0, "savedLow": 2390.0, "savedHigh": 2810.0},
    "trialSeconds": {"used": 5210.0, "saved": 2630.0, "savedLow": 2390.0, "savedHigh": 2810.0},
    "steps": {"done": 2410, "saved": 1390.0, "savedLow": 1310.0, "savedHigh": 1420.0},
    "money": {
        **{"currency": "EUR", "deviceHour": 2.5, "used": 3.62},
        **{"saved": 1.83, "savedLow": 1.66, "savedHigh": 1.95},
    },
    "pruning": {
        **{"judged": 560, "riskStated": 0.05, "riskSpent": 0.018, "riskLeft": 0.032},
        **{"exempt": 6, "exemptWouldPrune": 3, "falsePrunes": 0, "falsePruneRate": 0.0},
        **{"falsePruneLow": 0.0, "falsePruneHigh": 0.56},
        "shadows": [
            {
                **{"name": "bold", "pruner": "Auto", "judged": 112, "wouldPrune": 71},
                **{"steps": 2410, "wouldSave": 402, "losesBest": False},
            }
        ],
    },
}
SHOTS: dict[str, tuple[str, dict[str, Any]]] = {
    "page-curves": ("#curves", {"viewport": {"width": 1000, "height": 1000}}),
    "page-dark": ("#slots", {"viewport": {"width": 1000, "height": 900}, "color_scheme": "dark"}),
    "page-phone": ("h1", {"viewport": {"width": 360, "height": 740}}),
}


async def take(folder: Path) -> None:
    """Take all of them."""
    url = await judge(folder)
    statuses = {("research", "digits"): {"status": STATUS}}
    async with served(url, statuses) as asking, browsing() as browser:
        for name, (place, context) in SHOTS.items():
            address = f"{asking.url}/studies/research/digits"
            async with looking(browser, address, **context) as page:
                await page.drawn()
                if name == "page-curves":
                    await page.page.locator("#log li button").first.click()
                    await page.page.get_by_text("would have kept it").first.wait_for()
                await page.page.locator(place).evaluate("each => each.scrollIntoView()")
                await page.page.wait_for_timeout(300)
                small(await page.page.screenshot(), PICTURES / f"{name}.png")


def small(picture: bytes, target: Path) -> None:
    """Write a picture in few colours."""
    image = Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=0)
    image.save(target, optimize=True)
    print(f"{target.name}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as found:
        asyncio.run(take(Path(found)))
