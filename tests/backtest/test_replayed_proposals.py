"""Proposals of a log, recomputed: what was altered by hand is found, and what cannot be is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from espalier.api import parse_study, space_of
from espalier.api.judging import JudgeSettings, judge_of
from espalier.backtest.replayed_proposals import BEYOND, NO_SPEC, NOT_LISTED
from espalier.cli.main import main
from espalier.planning.proposing.proposing import propose
from espalier.planning.proposing.ranges import text_of_ranges
from espalier.planning.proposing.search_log import SearchLog, besides_of
from espalier.planning.world.record import End
from espalier.planning.world.study_search import search_of
from espalier.pruning import Direction, Report, Terms, TrialState
from espalier.pruning.terms import NEWEST_EDITION
from espalier.search import NO_HISTORY, TPE

SETTINGS = {
    "metric": "loss",
    "direction": "Minimize",
    "horizon": 3,
    "target": None,
    "seed": 3,
    "trials": 30,
    "edition": NEWEST_EDITION,
    "pruner": {"type": "Nop"},
    "pruning": {},
}
LISTED = {"lr": 0.5, "optimizer": "adam"}
TRIALS = 14


def spec_of(**changed: Any) -> dict[str, Any]:
    given = {
        "objective": {"metric": "loss", "direction": "Minimize"},
        "resource": {"max": 3},
        "parameters": [
            {"name": "lr", "float": {"min": 0.001, "max": 1.0, "scale": "Log"}},
            {"name": "optimizer", "categorical": {"values": ["adam", "sgd"]}},
        ],
        "sampler": {"type": "TPE", "tpe": {"startupTrials": 4}, "seed": 7},
        "enqueue": [LISTED],
        "trials": {"max": 30},
        "template": {"spec": {"containers": [{"name": "trainer", "image": "x"}]}},
    }
    return {**given, **changed}


def recorded(spec: dict[str, Any], count: int = TRIALS) -> list[dict[str, Any]]:
    """Record a study as the operator would, three trials at a time."""
    meta = {"name": "digits", "namespace": "ml", "uid": "uid"}
    what = {"apiVersion": "espalier.dev/v1alpha1", "kind": "Study", "metadata": meta}
    study = parse_study({**what, "spec": spec})
    search = search_of(study.spec, space_of(study.spec.parameters))
    said = study.spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    rows = [{"kind": "study", "format": 1, "uid": "uid", "settings": SETTINGS}]
    rows.append({"kind": "spec", "template": 1, "generation": 1, "spec": said, "at": 0.0})
    judge = judge_of(JudgeSettings.from_dict(SETTINGS, "uid"))
    log, proposed, seq = SearchLog(Terms(Direction.MINIMIZE, 3, metric="loss")), {}, 0
    for number in range(count):
        trials = log.trials(proposed.get, proposed)
        found = propose(search, trials, number)
        row = {"kind": "proposal", "seq": seq, "trial": number, "at": 0.0}
        row |= {
            "branches": found.branches,
            "parameters": found.parameters,
            "source": found.source,
            "redrawn": found.redrawn,
        }
        besides = text_of_ranges(besides_of(trials, proposed))
        versions = search.sampler.versions()
        rows.append(row | {"repeats": found.repeats, "besides": besides, "versions": versions})
        proposed[number] = json.dumps(found.parameters)
        if number < 2:
            continue
        ended, steps = number - 2, 3 if number % 3 else 1
        for step in range(1, steps + 1):
            seq += 1
            run = json.loads(proposed[ended])
            value = run["lr"] + run.get("momentum", 0.0) + 1 / step
            seen = {"trial": ended, "attempt": 1, "metric": "loss", "step": step, "value": value}
            rows.append({"kind": "observation", "seq": seq, "at": 0.0} | seen)
            report = Report(ended, 1, step, value)
            log.value(report)
            verdict = judge.report(report, 0.0)
            row = {"kind": "decision", "seq": seq, "at": 0.0, "shadow": None}
            rows.append(row | verdict.decision.to_dict())
        seq += 1
        state = TrialState.COMPLETED if steps == 3 else TrialState.PRUNED
        rows.append({"kind": "end", "seq": seq, "trial": ended, "state": state.value, "at": 0.0})
        log.end(ended, End("", "", state, 0.0))
        judge.close(ended, state, 0.0)
    return [json.loads(json.dumps(row)) for row in rows]


def branching() -> dict[str, Any]:
    """Return a spec of which a branch loses: its values are 20 behind."""
    parameters = [
        *spec_of()["parameters"],
        {
            "name": "momentum",
            "float": {"min": 20.0, "max": 21.0},
            "when": {"parameter": "optimizer", "in": ["sgd"]},
        },
    ]
    sampler = {"type": "TPE", "seed": 7, "closeBranches": {"risk": 0.5, "minTrials": 5}}
    return spec_of(parameters=parameters, sampler=sampler, enqueue=[])


Told = tuple[int, dict[str, Any], str]


@pytest.fixture
def told(tmp_path) -> Callable[[list[dict[str, Any]]], Told]:
    def tell(rows: list[dict[str, Any]]) -> Told:
        path = tmp_path / "log.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        plain = CliRunner().invoke(main, ["replay", str(path), "--json"])
        words = CliRunner().invoke(main, ["replay", str(path)])
        assert plain.exit_code == words.exit_code
        return plain.exit_code, json.loads(plain.stdout)["proposals"], words.stdout

    return tell


@pytest.fixture(scope="module")
def log() -> list[dict[str, Any]]:
    return recorded(spec_of())


@pytest.fixture
def rows(log) -> list[dict[str, Any]]:
    return json.loads(json.dumps(log))


def proposal_of(rows: list[dict[str, Any]], number: int) -> dict[str, Any]:
    return next(r for r in rows if r["kind"] == "proposal" and r["trial"] == number)


def test_proposals_are_recomputed_bit_for_bit(told, rows):
    sources = {row["source"] for row in rows if row["kind"] == "proposal"}
    assert sources == {"Enqueued", "TPE"}
    code, found, words = told(rows)
    assert (code, found["recomputed"], found["differences"]) == (0, TRIALS, [])
    assert f"{TRIALS} proposals, all as recorded." in words


def test_one_that_was_altered_is_found_and_no_other(told, rows):
    """What came after it saw the altered one, and its value: it is not the search's fault."""
    last = proposal_of(rows, TRIALS - 1)
    last["parameters"]["lr"] += 2**-40
    code, found, words = told(rows)
    assert code == 1
    assert [each["trial"] for each in found["differences"]] == [TRIALS - 1]
    assert found["differences"][0]["recorded"]["parameters"] == last["parameters"]
    assert f"{TRIALS} proposals, 1 differ:" in words
    assert f"trial {TRIALS - 1}: recorded" in words


def test_a_value_that_was_altered_is_found(told, rows):
    last = [r for r in rows if r["kind"] == "observation" and r["step"] == 3]
    worst = max(last[:4], key=lambda row: row["value"])
    worst["value"] = -9.0
    code, found, _ = told(rows)
    assert (code, bool(found["differences"])) == (1, True)


def test_by_another_version_of_a_library_a_difference_is_told_apart_and_is_none(told, rows):
    last = proposal_of(rows, TRIALS - 1)
    last["parameters"]["lr"] /= 2
    last["versions"] = "optuna 0.1.0, numpy 1.0"
    code, found, words = told(rows)
    assert (code, found["differences"]) == (0, [])
    (other,) = found["ofOtherVersions"]
    assert other["versions"]["recorded"] == "optuna 0.1.0, numpy 1.0"
    assert "1 more differ where other versions of the libraries recomputed them:" in words
    assert "recorded with optuna 0.1.0, numpy 1.0" in " ".join(words.split())


def test_what_the_study_lists_no_more_is_not_recomputed(told, rows):
    rows[1]["spec"]["enqueue"] = []
    code, found, words = told(rows)
    assert (code, found["recomputed"]) == (0, TRIALS - 1)
    assert found["notRecomputed"] == {NOT_LISTED: 1}
    assert f"1 proposals were not recomputed: {NOT_LISTED}." in " ".join(words.split())


def test_what_is_listed_later_changes_nothing(told, rows):
    rows[1]["spec"]["enqueue"] += [{"lr": 0.25, "optimizer": "sgd"}]
    assert told(rows)[0] == 0


def test_a_log_that_does_not_say_what_was_searched_is_replayed_all_the_same(told, rows):
    code, found, _ = told([row for row in rows if row["kind"] != "spec"])
    assert (code, found["recomputed"], found["notRecomputed"]) == (0, 0, {NO_SPEC: TRIALS})


def test_a_sampler_that_is_not_here_is_told(told, rows):
    rows[1]["spec"]["sampler"] = {"type": "OfAnotherPackage"}
    code, found, words = told(rows)
    assert (code, found["recomputed"]) == (0, 0)
    (why,) = found["notRecomputed"]
    assert "sampler" in why
    assert "OfAnotherPackage" in " ".join(words.split())


def test_a_library_that_is_missing_is_told(told, rows, monkeypatch):
    def propose(*_: object) -> None:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr(TPE, "propose", propose)
    code, found, _ = told(rows)
    assert (code, found["recomputed"]) == (0, 1)
    assert found["notRecomputed"] == {"a library is missing here (torch)": TRIALS - 1}


def test_a_sampler_that_raises_is_a_difference(told, rows, monkeypatch):
    def propose(*_: object) -> None:
        raise ZeroDivisionError("in a plug-in")

    monkeypatch.setattr(TPE, "propose", propose)
    code, found, words = told(rows)
    assert (code, len(found["differences"])) == (1, TRIALS - 1)
    assert found["differences"][0]["recomputed"] is None
    assert "ZeroDivisionError: in a plug-in" in " ".join(words.split())


def test_branches_are_closed_again_by_the_rule_of_then(told):
    rows = recorded(branching(), count=40)
    closing = [row for row in rows if row["kind"] == "proposal" and row["branches"]]
    closed = [row for row in closing if json.loads(row["branches"])["closed"]]
    assert 0 < len(closed) < len(closing) == 40
    assert {row["parameters"]["optimizer"] for row in closed} == {"adam"}
    # The Study has opened everything since.
    del rows[1]["spec"]["sampler"]["closeBranches"]
    assert told(rows)[:2] == (
        0,
        {"recomputed": 40, "differences": [], "ofOtherVersions": [], "notRecomputed": {}},
    )
    closed[0]["branches"] = closed[0]["branches"].replace('"risk":0.5', '"risk":1e-9')
    assert told(rows)[0] == 1


def by_number(sampler: dict[str, Any], numbers: range) -> list[dict[str, Any]]:
    spec = spec_of(enqueue=[], sampler=sampler)
    rows = recorded(spec, count=0)
    study = {"apiVersion": "espalier.dev/v1alpha1", "kind": "Study", "spec": spec}
    parsed = parse_study({**study, "metadata": {"name": "digits", "namespace": "ml", "uid": "u"}})
    search = search_of(parsed.spec, space_of(parsed.spec.parameters))
    size = search.sampler.size(search.space) or len(numbers)
    for number in numbers:
        point = number % size
        values = search.sampler.propose(search.space, NO_HISTORY, search.seed, point)
        made = {"trial": number, "name": f"digits-{number}", "parameters": values}
        made |= {"origin": "Sampled", "template": 1, "created_at": 0.0, "started_at": None}
        rows.append({"kind": "trial"} | made)
    return rows


def test_trials_that_their_numbers_tell_are_recomputed_from_them(told):
    rows = by_number({"type": "Random", "seed": 7}, range(5))
    assert told(rows)[:2] == (
        0,
        {"recomputed": 5, "differences": [], "ofOtherVersions": [], "notRecomputed": {}},
    )
    rows[4]["parameters"]["lr"] = 0.125
    code, found, _ = told(rows)
    assert (code, [each["trial"] for each in found["differences"]]) == (1, [2])


def test_what_a_grid_runs_again_is_told_and_not_recomputed(told):
    rows = by_number({"type": "Grid", "grid": {"points": 2}, "seed": 7}, range(6))
    code, found, _ = told(rows)
    assert (code, found["recomputed"], found["notRecomputed"]) == (0, 4, {BEYOND: 2})
