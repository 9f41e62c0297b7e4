"""A real Chromium, Debian's, that looks at the page."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from tests.patience import PATIENCE
from tests.read_api.serving import ADMIN
from tools.cluster import debian
from tools.cluster.build import locked
from tools.cluster.layout import cache_folder
from tools.cluster.progress import Progress

_TELL_VIOLATIONS = """document.addEventListener('securitypolicyviolation', (event) =>
    console.error(`violates ${event.violatedDirective}: ${event.blockedURI}`));"""


def chromium() -> str:
    """Return the path of `chromium`; Debian's package is installed where it is missing."""
    if shutil.which("chromium") is None:
        progress, cache = Progress(), cache_folder()
        cache.mkdir(parents=True, exist_ok=True)
        with locked(cache / "chromium.lock", progress, "another that installs chromium"):
            if shutil.which("chromium") is None:
                debian.install(["chromium"], progress)
    found = shutil.which("chromium")
    assert found, "expected Debian's package chromium to bring the command; install it by hand"
    return found


@dataclass
class Looking:
    """A page in a browser, and what it complained about.

    Parameters
    ----------
    page
        Playwright's.
    complaints
        Errors in its console, of its scripts, and violations of its content security policy.
    """

    page: Page
    complaints: list[str] = field(default_factory=list)

    async def drawn(self) -> Looking:
        """Wait until all of the page is drawn."""
        await self.page.locator("main[aria-busy=false]").wait_for()
        return self

    async def text(self, selector: str) -> str:
        """Return what somebody reads in an element."""
        return await self.page.locator(selector).inner_text()


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """Start a browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def looking(
    browser: Browser, url: str, token: str | None = ADMIN, **context: Any
) -> AsyncIterator[Looking]:
    """Look at an address with a proxy before it that adds a token."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    tab = await browser.new_context(extra_http_headers=headers, **context)
    tab.set_default_timeout(PATIENCE * 1000)
    await tab.add_init_script(_TELL_VIOLATIONS)
    page = await tab.new_page()
    seen = Looking(page)
    complain: Callable[[str], None] = seen.complaints.append
    page.on("pageerror", lambda error: complain(str(error)))
    page.on("console", lambda told: complain(told.text) if _is_complaint(told) else None)
    try:
        await page.goto(url)
        yield seen
    finally:
        await tab.close()


def _is_complaint(told: ConsoleMessage) -> bool:
    """Whether it is the page's own error: that the server refuses something is told as one too."""
    return told.type == "error" and not told.text.startswith("Failed to load resource")
