"""A store with a bit of all that can be in one, made once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from espalier.store import lines, read_log
from tools.golden_store import fill


@pytest.fixture(scope="session")
def golden(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the URL of a store that nobody writes to."""
    return asyncio.run(fill(tmp_path_factory.mktemp("golden")))


@pytest.fixture(scope="session")
def exported(golden: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the exported logs of two studies, digits.jsonl and language.jsonl."""
    folder = tmp_path_factory.mktemp("exported")
    for name in ("digits", "language"):
        log = read_log(golden, "research", name)
        assert log is not None
        (folder / f"{name}.jsonl").write_text("\n".join(lines(log)) + "\n")
    return folder
