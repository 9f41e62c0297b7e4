"""What goes into the store comes out of it, bit for bit."""

from __future__ import annotations

import asyncio
import json
import math
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.backtest.replay import replay
from espalier.planning.world.record import End
from espalier.pruning import PERSON, Action, Decision, Reason, Restraint, TrialState, Will, Wish
from espalier.store import (
    Batch,
    Log,
    Store,
    change_row,
    decision_row,
    end_row,
    finite_or_none,
    lines,
    list_studies,
    read_log,
    settings_text,
)
from espalier.store.rows import _plain_text
from espalier.study_log.read_lines import read_lines
from tests.store.storing import judged_by, new_study, runner_with_store, storing, url_of, values

numbers = st.floats() | st.integers(-(2**70), 2**70)
evidences = st.dictionaries(st.text(max_size=8), numbers | st.text(max_size=8), max_size=5)
plain_settings = st.dictionaries(
    st.text(max_size=8), numbers | st.text(max_size=8) | st.booleans() | st.none(), max_size=4
)
decisions = st.builds(
    Decision,
    trial=st.integers(0, 2**31),
    attempt=st.integers(1, 100),
    step=st.integers(0, 2**53),
    action=st.sampled_from(Action),
    reason=st.sampled_from(Reason),
    evidence=evidences,
    rung=st.none() | st.integers(0, 40),
    bracket=st.none() | st.integers(0, 40),
    pruner=st.sampled_from(["Median", "Auto", "espalier_x:Y"]),
    settings=plain_settings,
)


def same(a: Decision, b: Decision) -> bool:
    # NaN differs from itself; its text does not.
    texts = [json.dumps(each.to_dict(), sort_keys=True) for each in (a, b)]
    return texts[0] == texts[1]


def put(folder: Path, *batches: Any) -> Log:
    async def run() -> Log:
        async with storing(folder) as (store, row):
            for batch in batches:
                await store.commit(batch(row.id))
            return await store.log(row)

    return asyncio.run(run())


def test_decisions(tmp_path: Path) -> None:
    with runner_with_store(tmp_path) as (runner, store):

        @given(st.lists(st.tuples(decisions, st.sampled_from(["", "median"])), max_size=6))
        @settings(max_examples=50, deadline=None)
        def law(given_: list[tuple[Decision, str]]) -> None:
            runner.run(decisions_come_back(store, given_))

        law()


async def decisions_come_back(store: Store, given_: list[tuple[Decision, str]]) -> None:
    kept: dict[tuple[int, int, int, str], Decision] = {}
    pruned: set[int] = set()
    for decision, shadow in given_:
        if decision.prunes and not shadow:
            if decision.trial in pruned:
                continue
            pruned.add(decision.trial)
        kept.setdefault((decision.trial, decision.attempt, decision.step, shadow), decision)
    row = await new_study(store)
    batch = Batch(row.id)
    for seq, ((*_, shadow), decision) in enumerate(kept.items()):
        batch.rules.append((row.id, seq, decision.pruner, settings_text(decision)))
        batch.decisions.append(decision_row(row.id, decision, shadow, seq, seq, 2.5))
    await store.commit(batch)
    log = await store.log(row)
    for stored, ((*_, shadow), decision) in zip(log.decisions, kept.items(), strict=True):
        assert stored.shadow == shadow
        assert same(stored.decision, decision)


@given(evidences)
def test_the_short_way_to_write_evidence_is_as_good_as_json(evidence: dict[str, Any]) -> None:
    text = _plain_text(evidence)
    finite = all(math.isfinite(v) for v in evidence.values() if isinstance(v, float))
    assert (text is not None) == finite
    if text is not None:
        assert text == json.dumps(evidence, separators=(",", ":"))


def test_values(tmp_path: Path) -> None:
    with runner_with_store(tmp_path) as (runner, store):

        @given(st.lists(st.floats(), max_size=8))
        @settings(max_examples=50, deadline=None)
        def law(given_: list[float]) -> None:
            runner.run(values_come_back(store, given_))

        law()


async def values_come_back(store: Store, given_: list[float]) -> None:
    row = await new_study(store)
    batch = Batch(row.id)
    for step, value in enumerate(given_):
        batch.observations.append((row.id, 0, 1, "loss", step, finite_or_none(value), step, 1.0))
    await store.commit(batch)
    log = await store.log(row)
    for stored, value in zip(log.observations, given_, strict=True):
        assert stored.value == value or (math.isnan(stored.value) and not math.isfinite(value))


def test_ends_and_attempts(tmp_path: Path) -> None:
    end = End("Completed", "Trained to epoch 27.", TrialState.COMPLETED, 12.5, 60.0, 3.5, 2)
    log = put(
        tmp_path,
        lambda study: Batch(study, attempts=[(study, 7, 1, "pod-a"), (study, 7, 2, "pod-b")]),
        lambda study: Batch(study, ends=[end_row(study, 7, end, 4)]),
    )
    assert log.attempts == [(7, 1, "pod-a"), (7, 2, "pod-b")]
    assert [(stored.seq, stored.trial, stored.end) for stored in log.ends] == [(4, 7, end)]


def test_changes_of_what_holds_pruning_back_are_kept_in_their_places(tmp_path: Path) -> None:
    first, second = Restraint(paused=True), Restraint(False, 3, frozenset({7, 2}))
    log = put(
        tmp_path,
        lambda study: values(study, 0, 1, seq=1),
        lambda study: Batch(study, changes=[change_row(study, first, 2, 20.0)]),
        lambda study: values(study, 0, 2, seq=3),
        lambda study: Batch(study, changes=[change_row(study, second, 4, 40.5)]),
    )
    assert [(each.seq, each.restraint, each.at) for each in log.changes] == [
        (2, first, 20.0),
        (4, second, 40.5),
    ]
    exported = read_log(url_of(tmp_path), "research", "u1")
    assert exported is not None
    rows = [json.loads(line) for line in lines(exported)]
    assert [(row["kind"], row.get("seq")) for row in rows[1:]] == [
        ("observation", 1),
        ("change", 2),
        ("observation", 3),
        ("change", 4),
    ]
    assert rows[4] == {
        "kind": "change",
        "seq": 4,
        "at": 40.5,
        "paused": False,
        "keepBest": 3,
        "protected": [2, 7],
    }


def test_what_people_want_of_trials_is_kept_with_the_change_and_its_decisions_follow(
    tmp_path: Path,
) -> None:
    wishes = (Wish(7, Will.PRUNE, "it overfits", "ann"), Wish(2, Will.KEEP))
    decision = Decision(
        *(7, 1, 0, Action.PRUNE, Reason.PRUNED_BY_PERSON, {"by": "ann", "why": "it overfits"}),
        *(None, None, PERSON, {}),
    )

    def acted(study: int) -> Batch:
        rows = Batch(study, rules=[(study, 1, PERSON, settings_text(decision))])
        rows.changes.append(change_row(study, Restraint(), 1, 20.0, wishes))
        rows.decisions_on_others.append(decision_row(study, decision, "", 1, 1, 20.0))
        return rows

    log = put(tmp_path, acted)
    assert [each.wishes for each in log.changes] == [wishes]
    assert [each.decision for each in log.decisions] == [decision]
    exported = read_log(url_of(tmp_path), "research", "u1")
    assert exported is not None
    rows = [json.loads(line) for line in lines(exported)]
    assert [row["kind"] for row in rows[1:]] == ["change", "decision"]
    assert rows[1]["wishes"] == [wish.to_dict() for wish in wishes]
    assert replay(read_lines(map(json.dumps, rows), "it"), "it").agrees


def test_a_log_is_exported_in_the_order_of_arrival(tmp_path: Path) -> None:
    decision = Decision(
        0, 1, 2, Action.PRUNE, Reason.START_UP, {"x": math.inf}, None, None, "Median", {}
    )
    end = End("Pruned", "why", TrialState.PRUNED, 3.0)
    put(
        tmp_path,
        lambda study: Batch(study, attempts=[(study, 0, 1, "pod-a")]),
        lambda study: values(study, 0, 1, seq=1),
        lambda study: Batch(
            study,
            rules=[(study, 1, "Median", "{}")],
            observations=[(study, 0, 1, "loss", 2, None, 2, 1.0)],
            decisions=[
                decision_row(study, decision, "", 1, 2, 1.0),
                decision_row(study, decision, "other", 1, 2, 1.0),
            ],
        ),
        lambda study: Batch(study, ends=[end_row(study, 0, end, 3)]),
    )
    assert [row.name for row in list_studies(url_of(tmp_path))] == ["u1"]
    log = read_log(url_of(tmp_path), "research", "u1")
    assert log is not None
    rows = [json.loads(line) for line in lines(log)]
    assert [(row["kind"], row.get("seq")) for row in rows] == [
        ("study", None),
        ("attempt", None),
        ("observation", 1),
        ("observation", 2),
        ("decision", 2),
        ("decision", 2),
        ("end", 3),
    ]
    assert [row["value"] for row in rows[2:4]] == [0.5, None]
    assert [row["shadow"] for row in rows[4:6]] == [None, "other"]
    assert same(Decision.from_dict(rows[4]), decision)
    assert rows[6]["state"] == "Pruned"
    assert read_log(url_of(tmp_path), "research", "u2") is None


def test_the_settings_of_a_study_change_until_it_has_values(tmp_path: Path) -> None:
    async def run() -> None:
        async with storing(tmp_path) as (store, row):
            other, third = judged_by("u1", metric="other"), judged_by("u1", metric="third")
            changed = await store.open_study("u1", "x", "y", other, at=9.0, version="9")
            assert (changed.id, changed.settings) == (row.id, other)
            assert (changed.namespace, changed.name) == (row.namespace, row.name)
            await store.commit(values(row.id, 0, 1))
            assert await store.open_study("u1", "x", "y", third, at=9.0, version="9") == changed

    asyncio.run(run())
