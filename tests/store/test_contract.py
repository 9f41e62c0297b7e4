"""The store that ships keeps the contract that it ships with."""

from __future__ import annotations

from pathlib import Path

from espalier.store import Store, open_store
from espalier.store.contract import StoreContract
from tests.store.storing import url_of


class TestSqlite(StoreContract):
    async def open(self, folder: Path) -> Store:
        # Nothing that a test closes is ever past its retention time.
        return await open_store(url_of(folder), keep_closed=1e12)
