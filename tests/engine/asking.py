"""Asking as a sidecar does: again while it is told to."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from espalier.errors import RetryLater


async def patiently(ask: Callable[[], Awaitable[Any]]) -> Any:
    for _ in range(200):
        try:
            return await ask()
        except RetryLater:
            await asyncio.sleep(0.01)
    raise AssertionError("told to try again for ever")
