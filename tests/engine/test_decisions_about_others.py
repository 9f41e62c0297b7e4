"""A value leads to the pruning of another trial: durable with it, told, carried out, replayed."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from espalier.backtest.replay import Replay, replay
from espalier.engine.reports.open_studies import OpenStudies
from espalier.errors import RetryLater
from espalier.planning.world.record import End, StudyRecord
from espalier.pruning import TrialState
from espalier.study_log.lines import lines
from espalier.study_log.read_lines import read_lines
from tests.engine.reports.test_open_studies import World as Live
from tests.engine.reports.test_open_studies import run
from tests.ingest.serving import UID, study_of
from tests.pruning.ousting import OUSTING, ousting  # noqa: F401
from tests.simulation.api_server import Object
from tests.simulation.kubelet import Program
from tests.simulation.telling import tell
from tests.simulation.world import World

SHADOW = {"name": "beside", **OUSTING}
PRUNING = {"exemptPercent": 0, "keepBest": 0, "breaker": {"sharePercent": 0}}
STUDY = study_of(OUSTING, pruning=PRUNING | {"shadows": [SHADOW]})

pytestmark = pytest.mark.usefixtures("ousting")


async def again(live: Live) -> StudyRecord:
    """Return what another process finds."""
    studies = OpenStudies(live.store, lambda uid, number: None)
    await studies.open(STUDY)
    return studies.record(UID)


async def rows_of(live: Live) -> list[dict]:
    (row,) = await live.store.studies()
    return [json.loads(line) for line in lines(await live.store.log(row))]


def replay_of(rows: list[dict]) -> Replay:
    return replay(read_lines((json.dumps(row) for row in rows), "log"), "log")


def test_it_is_durable_with_the_value_that_led_to_it_and_its_trial_is_told(tmp_path: Path) -> None:
    async def story(live: Live) -> None:
        await live.report(0, (1, 0.1), (2, 0.2))
        task = asyncio.create_task(live.report(1, (1, 0.9)))
        await asyncio.sleep(0)
        assert live.live.record(UID).trial(0).prune is None
        assert live.pruned == []
        answer = await task
        assert answer.decision is not None
        assert not answer.decision.prunes
        assert live.pruned == [(UID, 0)]
        prune = live.live.record(UID).trial(0).prune
        assert prune is not None
        assert (prune.trial, prune.step, prune.sentence()) == (0, 2, "Pruned: trial 1 has 0.9")
        told = (await live.report(0, (3, 0.3))).decision
        assert told == prune
        assert (await live.report(0, (2, 0.2))).decision == prune
        assert (await live.report(1, (2, 0.9))).decision.trial == 1

    run(tmp_path, story, STUDY)


def test_it_is_found_again_by_whoever_reads_the_log(tmp_path: Path) -> None:
    async def story(live: Live) -> None:
        await live.report(0, (1, 0.1), (2, 0.2))
        await live.report(2, (1, 0.5))
        await live.report(1, (1, 0.9))
        await live.report(2, (2, 0.6))
        assert (await again(live)).trials == live.live.record(UID).trials
        rows = await rows_of(live)
        cause = next(row for row in rows if row["kind"] == "observation" and row["trial"] == 1)
        led_to = [row for row in rows if row["kind"] == "decision" and row["seq"] == cause["seq"]]
        assert [(row["shadow"], row["trial"], row["action"]) for row in led_to] == [
            (None, 1, "Keep"),
            ("beside", 1, "Keep"),
            (None, 0, "Prune"),
            (None, 2, "Keep"),
            ("beside", 0, "Prune"),
            ("beside", 2, "Keep"),
        ]
        replayed = replay_of(rows)
        assert (replayed.decisions, replayed.differences) == (
            sum(row["kind"] == "decision" for row in rows),
            (),
        )

    run(tmp_path, story, STUDY)


def test_a_log_whose_judge_would_decide_otherwise_now_keeps_what_is_stored(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(live: Live) -> None:
        await live.report(0, (1, 0.1))
        await live.report(2, (1, 0.5))
        await live.report(1, (1, 0.9))
        with closing(sqlite3.connect(tmp_path / "espalier.db")) as database, database:
            database.execute("UPDATE decisions_on_others SET action = 'Keep' WHERE action='Prune'")
            database.execute(
                "UPDATE decisions_on_others SET action = 'Prune' WHERE trial = 2 AND shadow = ''"
                " AND seq = (SELECT max(seq) FROM decisions_on_others)"
            )
        record = await again(live)
        assert record.trial(0).prune is None
        assert record.trial(2).prune is not None
        assert "stored decisions differ" in caplog.text
        rows = await rows_of(live)
        differing = {(each.key[0], each.key[1]) for each in replay_of(rows).differences}
        assert differing == {("", 0), ("beside", 0), ("", 2)}

    run(tmp_path, story, STUDY)


def test_if_it_cannot_be_stored_neither_is_the_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(live: Live) -> None:
        await live.report(0, (1, 0.1))

        def broken(*_: object) -> None:
            raise OperationalError("INSERT", {}, Exception("disk I/O error"))

        with monkeypatch.context() as patched:
            patched.setattr(live.store._writer, "_transact", broken)
            with pytest.raises(RetryLater):
                await live.report(1, (1, 0.9))
        assert live.pruned == []
        assert live.live.record(UID).trial(0).prune is None
        while True:
            try:
                await live.report(1, (1, 0.9))
            except RetryLater:
                await asyncio.sleep(0.01)
            else:
                break
        assert live.pruned == [(UID, 0)]
        assert live.live.record(UID).trial(0).prune is not None

    run(tmp_path, story, STUDY)


def test_of_a_study_at_rest_it_is_known_without_its_judge(tmp_path: Path) -> None:
    async def story(live: Live) -> None:
        await live.report(0, (1, 0.1))
        await live.report(1, (1, 0.9))
        prune = live.live.record(UID).trial(0).prune
        ending = live.live.record(UID)
        for number, state in ((0, TrialState.PRUNED), (1, TrialState.COMPLETED)):
            await live.live.finish(UID, number, End(state.value, "", state, 9.0))
        assert ending.trials.keys() == {0, 1}
        (row,) = await live.store.studies()
        while (rest := await live.store.rest(row)) is None:
            await asyncio.sleep(0.01)
        assert rest[0][0].prune == prune

    run(tmp_path, story, STUDY)


def test_the_pod_of_the_other_trial_goes_also_when_the_operator_dies_in_between(
    tmp_path: Path,
) -> None:
    def program_of(pod: Object) -> Program:
        worst = pod["metadata"]["labels"]["espalier.dev/trial-number"] == "0"
        return Program((0.1,) * 60 if worst else (0.7, 0.7, 0.8, 0.9, 0.9))

    async def story(world: World) -> None:
        died = asyncio.Event()

        async def dies(verb: str, kind: object, name: str, _sub: str) -> None:
            if verb == "delete" and not died.is_set():
                died.set()
                await asyncio.Event().wait()

        world.start(before=dies)
        world.study(
            pruner=OUSTING,
            pruning=PRUNING | {"gracePeriodSeconds": 1},
            resource={"name": "epoch", "max": 60},
            trials={"max": 3, "parallelism": 3, "maxFailed": 99, "retries": 2},
        )
        await world.until("the deletion to be asked for", died.is_set)
        await world.kill()
        assert world.reason(0) == ""
        world.start()
        await world.until("the end of the Study", world.over)
        await world.settle()
        assert [world.reason(number) for number in range(3)] == ["Pruned", "Completed", "Completed"]
        said = world.api.find("trials", "s-0")["status"]["decision"]
        assert (said["action"], said["reason"]) == ("Prune", "PluginPrunes")
        assert world.ended()[0] == "Pruned"
        of_others = "SELECT trial FROM decisions_on_others WHERE action = 'Prune'"
        with closing(sqlite3.connect(tmp_path / "espalier.db")) as database:
            assert database.execute(of_others).fetchall() == [(0,)]

    tell(tmp_path, story, program_of=program_of)
