"""What the read API answers, and to whom."""

from __future__ import annotations

import asyncio
from pathlib import Path

from espalier.engine.reports.kept_output import OutputMessage, output_row
from espalier.store import Batch, open_store, read_log
from espalier.views.gathered import gather
from espalier.views.trials import trial_views
from tests.read_api.serving import MEMBER, served
from tools.golden_store import fill

DIGITS = "/v1/namespaces/research/studies/digits"


def test_a_study_its_trials_curves_and_decisions_are_told(golden: str) -> None:
    async def run() -> None:
        async with served(golden) as ask:
            status, study, _ = await ask.get(DIGITS)
            assert (status, study["name"], study["counts"]["failed"]) == (200, "digits", 1)
            status, page, _ = await ask.get(f"{DIGITS}/trials?sort=value&limit=3")
            assert status == 200
            assert [each["rank"] for each in page["items"]] == [1, 2, 3]
            assert page["continue"] == "3"
            number = page["items"][0]["number"]
            status, decisions, _ = await ask.get(f"{DIGITS}/trials/{number}/decisions")
            assert status == 200
            assert decisions["items"][0]["sentence"]
            status, curves, _ = await ask.get(f"{DIGITS}/curves?points=5")
            assert status == 200
            assert all(len(each["steps"]) <= 5 for each in curves["trials"])

    asyncio.run(run())


def test_what_a_store_and_an_exported_log_tell_is_the_same(golden: str) -> None:
    log = read_log(golden, "research", "digits")
    assert log is not None
    views = trial_views(gather(log))

    async def run() -> None:
        async with served(golden) as ask:
            _, page, _ = await ask.get(f"{DIGITS}/trials")
            assert page["items"] == views

    asyncio.run(run())


def test_the_end_of_what_a_trainer_printed_is_told(tmp_path: Path) -> None:
    message = OutputMessage("research/digits-3", "epoch 1\n<b>done</b>\n", True)

    async def run() -> None:
        url = await fill(tmp_path)
        store = await open_store(url)
        row = next(each for each in await store.studies() if each.name == "digits")
        kept = output_row(row.id, 3, 1, message, 5.0)
        await store.commit(Batch(row.id, outputs=[kept]))
        await store.commit(Batch(row.id, outputs=[kept]))
        await store.close()
        async with served(url) as ask:
            _, found, _ = await ask.get(f"{DIGITS}/trials/3/output")
            assert found["attempts"] == [
                {"attempt": 1, "at": "1970-01-01T00:00:05Z", "text": message.text, "cut": True}
            ]
            assert (await ask.get(f"{DIGITS}/trials/4/output"))[1] == {"attempts": []}

    asyncio.run(run())


def test_who_may_not_get_a_study_is_told_nothing_of_it(golden: str) -> None:
    async def run() -> None:
        async with served(golden) as ask:
            assert (await ask.get(DIGITS, None))[0] == 401
            assert (await ask.get(DIGITS, "forged"))[0] == 401
            for name in ("adopted", "no-such"):
                path = f"/v1/namespaces/elsewhere/studies/{name}"
                assert (await ask.get(path, MEMBER))[0] == 403
            assert (await ask.get(DIGITS, MEMBER))[0] == 200
            _, listed, _ = await ask.get("/v1/studies", MEMBER)
            assert {each["namespace"] for each in listed["items"]} == {"research"}

    asyncio.run(run())
