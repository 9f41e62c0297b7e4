"""A study's log, replayed: the same decisions, and differences told where there are some."""

from __future__ import annotations

import json
import math
import weakref
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import pytest
from click.testing import CliRunner

from espalier.api.judging import JudgeSettings, judge_of
from espalier.api.pruner import PrunerSpec, PruningSpec, build_judge
from espalier.backtest.replay import Replay, replay
from espalier.cli.main import main
from espalier.errors import UsageError
from espalier.pruning import (
    Direction,
    Ledger,
    Report,
    Restraint,
    Terms,
    Threshold,
    TrialState,
    verdict_of,
)
from espalier.pruning.terms import NEWEST_EDITION
from espalier.store import read_lines
from tests.backtest.test_simulate import TASKS

SETTINGS = {
    "metric": "value",
    "direction": "Minimize",
    "horizon": 36,
    "target": None,
    "seed": 3,
    "trials": 30,
    "edition": NEWEST_EDITION,
    "pruner": {"type": "Auto"},
    "pruning": {"shadows": [{"type": "Median", "name": "median"}]},
}


def replay_rows(rows: Iterable[dict], name: str) -> Replay:
    """Replay a log out of the lines that its rows would be."""
    return replay(read_lines((json.dumps(row) for row in rows), name), name)


RESTRAINTS = {
    0: Restraint(),
    6: Restraint(paused=True),
    12: Restraint(keep_best=4, protected=frozenset({13, 14})),
    18: Restraint(paused=True, protected=frozenset({13})),
    21: Restraint(keep_best=0),
}
"""What holds pruning back from which wave on."""


def recorded(restraints: Mapping[int, Restraint] = MappingProxyType({})) -> list[dict]:
    """Record a study as the operator would, trials in waves of three."""
    curves = TASKS["tfm_stdlib_nats"]
    judge = build_judge(
        PrunerSpec.model_validate(SETTINGS["pruner"]),
        PruningSpec.model_validate(SETTINGS["pruning"]),
        Terms(Direction.MINIMIZE, 36, study_uid="uid", seed=3, trials=30),
    )
    rows = [{"kind": "study", "format": 1, "uid": "uid", "settings": SETTINGS}]
    for wave in range(0, 30, 3):
        if wave in restraints:
            judge.restrain(restraints[wave])
            change = {"kind": "change", "seq": len(rows), "at": 100.0 * wave}
            rows.append(change | restraints[wave].to_dict())
        alive = [wave, wave + 1, wave + 2]
        for step in range(1, 37):
            for trial in list(alive):
                value = float(curves.values[trial, step - 1])
                at = 100.0 * wave + step
                stored = None if math.isnan(value) else value
                seen = {"trial": trial, "attempt": 1, "metric": "value", "step": step}
                seen |= {"seq": len(rows), "value": stored, "at": at}
                rows.append({"kind": "observation", **seen})
                verdict = judge.report(Report(trial, 1, step, value), at)
                decisions = [(None, verdict.decision), *verdict.shadows]
                for shadow, decision in decisions:
                    if decision is not None:
                        rows.append(
                            {"kind": "decision", "seq": seen["seq"], "at": at, "shadow": shadow}
                            | decision.to_dict()
                        )
                if verdict.decision is not None and verdict.decision.prunes:
                    alive.remove(trial)
                    ended = TrialState.PRUNED
                elif step == 36:
                    ended = TrialState.COMPLETED
                else:
                    continue
                judge.close(trial, ended, at)
                end = {"trial": trial, "seq": len(rows), "state": ended.value, "at": at}
                rows.append({"kind": "end", **end})
    return [json.loads(json.dumps(row)) for row in rows]


@pytest.fixture(scope="module")
def log() -> list[dict]:
    return recorded()


def test_a_replay_comes_to_the_same_decisions_bit_for_bit(log):
    found = replay_rows(log, "log")
    assert found.decisions > 300
    assert found.differences == ()


def test_changes_of_what_holds_pruning_back_are_replayed_in_their_places(tmp_path):
    log = recorded(RESTRAINTS)
    reasons = {row["reason"] for row in log if row["kind"] == "decision"}
    assert {"PruningPaused", "Protected"} <= reasons
    assert replay_rows(log, "log").differences == ()
    unchanged = [row for row in log if row["kind"] != "change"]
    assert len(replay_rows(unchanged, "log").differences) > 10
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in log))
    told = CliRunner().invoke(main, ["replay", str(path)])
    assert (told.exit_code, "all as recorded" in told.stdout) == (0, True), told.output


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("paused", "yes"),
        ("paused", None),
        ("keepBest", -1),
        ("keepBest", "1"),
        ("protected", None),
        ("protected", {"1": 2}),
        ("protected", ["a"]),
        ("seq", None),
    ],
)
def test_a_change_that_is_none_is_named(log, tmp_path, field, value):
    change = {"kind": "change", "seq": 1, "at": 1.0} | Restraint().to_dict() | {field: value}
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in (log[0], change)))
    told = CliRunner().invoke(main, ["replay", str(path)])
    assert told.exit_code == 2
    assert f"line 2, {field}" in told.stderr


def test_some_trials_of_the_log_were_pruned(log):
    assert sum(row.get("action") == "Prune" and row["shadow"] is None for row in log) > 10


def test_a_changed_value_is_found(log):
    changed = [dict(row) for row in log]
    row = next(r for r in changed if r.get("action") == "Prune")
    row["action"] = "Keep"
    found = replay_rows(changed, "log")
    assert len(found.differences) == 1
    difference = found.differences[0]
    assert difference.key[1:] == (row["trial"], row["attempt"], row["step"])
    assert "recomputed" in difference.sentence()


def test_a_decision_that_is_missing_is_found(log):
    row = next(r for r in log if r.get("action") == "Prune" and r["shadow"] is None)
    found = replay_rows([r for r in log if r is not row], "log")
    assert [(each.recorded, each.key[1]) for each in found.differences] == [(None, row["trial"])]


class Line(str):
    """A line that can be seen to be given up."""


def test_a_log_is_taken_line_by_line_and_not_kept(log):
    alive, most = {}, 0

    def lines():
        nonlocal most
        for number, row in enumerate(log):
            given = Line(json.dumps(row))
            alive[number] = weakref.ref(given, lambda _, number=number: alive.pop(number))
            most = max(most, len(alive))
            yield given

    assert replay(read_lines(lines(), "log"), "log").differences == ()
    assert most < 10


def test_a_log_out_of_order_is_refused(log):
    with pytest.raises(UsageError, match="in the order of arrival"):
        replay_rows([log[0], *reversed(log[1:])], "log")


def test_other_settings_give_other_decisions(log):
    head = dict(log[0])
    head["settings"] = {**SETTINGS, "pruner": {"type": "Nop"}}
    assert replay_rows([head, *log[1:]], "log").differences


def small(pruner: dict, values: list[float | None]) -> list[dict]:
    """Record one trial of a study without guards, as the operator would."""
    settings = {**SETTINGS, "pruner": pruner, "pruning": {"nanPatience": 0, "exemptPercent": 0}}
    judge = judge_of(JudgeSettings.from_dict(settings, "uid"))
    rows = [{"kind": "study", "format": 1, "uid": "uid", "settings": settings}]
    for step, value in enumerate(values, 1):
        seen = {"trial": 0, "attempt": 1, "metric": "value", "step": step, "value": value}
        rows.append({"kind": "observation", "seq": step, "at": float(step)} | seen)
        report = Report(0, 1, step, math.nan if value is None else value)
        verdict = verdict_of(judge, report, float(step))
        if verdict is not None and verdict.decision is not None:
            row = {"kind": "decision", "seq": step, "at": float(step), "shadow": None}
            rows.append(row | verdict.decision.to_dict())
    return [json.loads(json.dumps(row)) for row in rows]


def test_a_number_that_is_none_is_no_difference():
    log = small({"type": "Patient", "patient": {"patience": 1}}, [None, None, None, 1.0])
    nan = {"float": "nan"}
    assert any(nan in row["evidence"].values() for row in log if row["kind"] == "decision")
    assert replay_rows(log, "log").differences == ()


def test_a_pruner_that_raised_raises_again_and_is_no_difference(monkeypatch):
    judged = Threshold.judge

    def judge(self: Threshold, ledger: Ledger, trial: int) -> object:
        if ledger.curve(trial).last_step == 2:
            raise ZeroDivisionError("in a plug-in")
        return judged(self, ledger, trial)

    monkeypatch.setattr(Threshold, "judge", judge)
    log = small({"type": "Threshold", "threshold": {"upper": 9.0}}, [1.0, 2.0, 3.0, 4.0])
    found = replay_rows(log, "log")
    assert (found.decisions, found.differences) == (3, ())


def test_what_is_no_log_says_what_is_expected():
    with pytest.raises(UsageError, match="espalier export"):
        replay_rows([{"kind": "observation"}], "log")


def test_the_command_tells_agreement_by_its_exit_code(log, tmp_path):
    path = tmp_path / "study.jsonl"
    path.write_text("\n".join(map(json.dumps, log)))
    result = CliRunner().invoke(main, ["replay", str(path), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["differences"] == []
    changed = [row for row in log if row["kind"] != "decision" or row["step"] != 5]
    path.write_text("\n".join(map(json.dumps, changed)))
    result = CliRunner().invoke(main, ["replay", str(path)])
    assert result.exit_code == 1
    assert "differ" in result.stdout


def test_the_command_names_what_it_looked_for(tmp_path):
    words = ["replay", "no/such.jsonl", "--store", f"sqlite:///{tmp_path}/none.db"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert "no file or folder 'no/such.jsonl'" in result.output
    assert "there is none at" in result.output
