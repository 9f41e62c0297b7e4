"""One run, part by part: ended trials, start, load, a kill in the middle, the end."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.bench.scale.api import Api
from tests.bench.scale.ended import make_ended, store_ended
from tests.bench.scale.ground import LOAD, Ground, generator_settings
from tests.bench.scale.ledger import Ledger, Look
from tests.bench.scale.processes import Generator, Operator
from tests.bench.scale.size import Size
from tests.bench.scale.study import NAME, STUDIES, study_of

Say = Callable[[str], None]
_PATIENCE = 300.0
_BEFORE_THE_KILL = 5.0


class Run:
    """A run on ground that is prepared; `results` grows part by part."""

    def __init__(self, ground: Ground, size: Size, store: Path, say: Say) -> None:
        self._ground, self._size, self._store, self._say = ground, size, store, say
        self.results: dict[str, Any] = {}
        self.operator = Operator(ground, size, store)

    async def all(self) -> None:
        """Go through all parts."""
        async with Api(self._ground.access(LOAD)) as api:
            self._api = api
            made = await api.ask("POST", STUDIES, study_of(self._size))
            await self._ended(made)
            self._load = await Generator.start(generator_settings(self._ground, self._size))
            try:
                await self._live()
            finally:
                await self._load.stop()
                self.operator.stop()
        self.results["values stored"] = self._stored()

    async def _ended(self, made: dict[str, Any]) -> None:
        count = self._size.first_live
        if not count:
            return
        self._say(f"{count} ended trials, as values in the store and as objects")
        began = time.monotonic()
        await asyncio.gather(
            store_ended(self.operator.url, made, self._size),
            make_ended(self._api, made, self._size),
        )
        self.results["ended before"] = {
            "trials": count,
            "seconds": round(time.monotonic() - began, 1),
        }

    async def _live(self) -> None:
        began = time.monotonic()
        self.operator.start()
        await self.operator.until_ready()
        self.results["operator ready, s"] = round(time.monotonic() - began, 1)
        self._ledger = Ledger(self._ground, self.operator, self._load, self._api)
        first = await self._ledger.look()
        await self._reporting(1)
        self.results["a first trial has reported after, s"] = round(time.monotonic() - began, 1)
        async with self._part("start"):
            await self._started()
        for rate in self._size.rates:
            async with self._part(f"load at {rate:g}/s"):
                self._part_told |= await self._load.ask(
                    "post", rate=rate, seconds=self._size.seconds
                )
            if rate == self._size.rates[0] and self._size.restart_seconds:
                await self._restart(rate)
        async with self._part("end"):
            await self._end()
        await self._whole(first)

    @contextlib.asynccontextmanager
    async def _part(self, name: str, before: Look | None = None) -> AsyncIterator[None]:
        """Note what a part took, beside what it tells itself."""
        self._say(name)
        before = before or await self._ledger.look()
        self._part_told: dict[str, Any] = {}
        yield
        took = Ledger.between(before, await self._ledger.look())
        self.results[name] = {**self._part_told, **took}

    async def _started(self) -> None:
        """Raise the parallelism from 1, and wait until so many have reported."""
        began, expected = time.monotonic(), min(self._size.running, self._size.lives)
        parallelism = {"spec": {"trials": {"parallelism": self._size.running}}}
        await self._api.merge(f"{STUDIES}/{NAME}", parallelism)
        for what, count in (("half", expected // 2), ("all", expected)):
            await self._reporting(count)
            told = f"{what} run and have reported after, s"
            self._part_told[told] = round(time.monotonic() - began, 1)

    async def _reporting(self, count: int) -> None:
        async def reporting() -> bool:
            state = await self._load.ask("state")
            self._say(f"  {state['began']} pods run, {state['reporting']} have reported")
            return int(state["reporting"]) >= count

        await _until(f"{count} trials to report", reporting)

    async def _restart(self, rate: float) -> None:
        """Kill the operator under load and start it again; see how long the pods notice."""
        self._say(f"kill under {rate:g}/s")
        seconds = self._size.restart_seconds
        posting = asyncio.create_task(self._load.ask("post", rate=rate, seconds=seconds))
        await asyncio.sleep(min(_BEFORE_THE_KILL, seconds / 3))
        await self._ledger.before_kill()
        await self._load.ask("mark")
        self.operator.kill()
        began = time.monotonic()
        self.operator.start()
        await self.operator.until_ready()
        ready = time.monotonic() - began
        seen = await posting
        answered = await self._load.ask("answered")
        self.results["restart"] = {"ready again after, s": round(ready, 1), **answered, **seen}

    async def _end(self) -> None:
        began = time.monotonic()
        await self._load.ask("end")

        async def over() -> bool:
            study = await self._api.ask("GET", f"{STUDIES}/{NAME}")
            status = study.get("status", {})
            counts = status.get("counts", {})
            self._say(f"  {counts}")
            return any(
                condition["type"] in ("Succeeded", "Failed") and condition["status"] == "True"
                for condition in status.get("conditions", [])
            )

        await _until("the Study to end", over, every=2.0)
        self._part_told["the Study has ended after, s"] = round(time.monotonic() - began, 1)

    async def _whole(self, first: Look) -> None:
        now = await self._ledger.look()
        whole = Ledger.between(first, now)
        lived = self._size.lives
        state = await self._load.ask("state")
        study = await self._api.ask("GET", f"{STUDIES}/{NAME}")
        operators = now.by_user["scale-espalier"] - first.by_user["scale-espalier"]
        # Not its timings: the operator counts them anew in each of its lives.
        del whole["operator's own timings, ms"]
        self.results["whole"] = {
            **whole,
            "trials run": lived,
            "operator's requests a trial, by itself": round(
                sum(whole["operator's requests"].values()) / lived, 2
            ),
            "operator's requests a trial, by the API server": round(operators / lived, 2),
            "operator's peak MiB": now.taken["espalier"].peak,
            "load": state,
            "Study": study["status"].get("counts"),
        }

    def _stored(self) -> dict[str, int]:
        """Return how many values are in the store, of the trials that ran in this run."""
        with contextlib.closing(sqlite3.connect(self._store)) as store:
            count, distinct = store.execute(
                "SELECT count(*), count(DISTINCT trial || ' ' || step) FROM observations "
                "WHERE trial >= ?",
                (self._size.first_live,),
            ).fetchone()
        return {"rows": count, "different": distinct}


async def _until(what: str, probe: Callable[[], Awaitable[Any]], every: float = 1.0) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not await probe():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {_PATIENCE:.0f} s in vain for {what}")
        await asyncio.sleep(every)
