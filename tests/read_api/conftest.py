"""A store with a bit of all that can be in one, made once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tools.golden_store import fill


@pytest.fixture(scope="session")
def golden(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the URL of a store that nobody writes to."""
    folder: Path = tmp_path_factory.mktemp("golden")
    return asyncio.run(fill(folder))
