"""A log that was written as lines is the same log again, and what is no log is told so."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.errors import UsageError
from espalier.planning.world.record import End, MadeTrial, Origin
from espalier.pruning import Restraint, TrialState, Will, Wish
from espalier.store import (
    Log,
    StoredChange,
    StoredDecision,
    StoredEnd,
    StoredObservation,
    StoredProposal,
    StoredSpec,
    StudyRow,
    lines,
    read_lines,
)
from espalier.study_log.log import in_order
from tests.store.storing import judged_by
from tests.store.test_rows import decisions
from tests.store.test_sightings import sightings

finite = st.floats(allow_nan=False, allow_infinity=False)
number = st.integers(0, 2**53)
text = st.text(max_size=12)
template = st.integers(0, 2**56)
plain = st.dictionaries(text, finite | st.integers() | text | st.booleans(), max_size=3)
studies = st.builds(
    StudyRow,
    id=number,
    uid=text,
    namespace=text,
    name=text,
    settings=st.builds(judged_by, text, seed=number, target=st.none() | finite),
    opened_at=finite,
    version=text,
    sampled=number,
)
made = st.builds(
    MadeTrial,
    text,
    plain.map(lambda values: json.dumps(values, separators=(",", ":"))),
    st.sampled_from(Origin),
    template,
    finite,
    st.none() | finite,
)
ends = st.builds(
    End, text, text, st.sampled_from([TrialState.COMPLETED, TrialState.FAILED]), finite, finite,
    template, finite, st.none() | finite,
)  # fmt: skip
values = st.floats(allow_infinity=False)
wishes = st.builds(Wish, number, st.sampled_from(Will), text, text)
restraints = st.builds(Restraint, st.booleans(), st.integers(0, 9), st.frozensets(number))


proposals = st.builds(
    StoredProposal,
    seq=number,
    trial=number,
    parameters=st.none() | plain.map(lambda values: json.dumps(values, separators=(",", ":"))),
    source=text,
    redrawn=number,
    repeats=st.booleans(),
    besides=text,
    versions=text,
    at=finite,
    branches=text,
)


@st.composite
def logs(draw: st.DrawFn) -> Log:
    """Draw a log in which several things happen at each place."""
    places = sorted(draw(st.sets(number, max_size=8)))
    observed, ended, changed, decided = [], [], [], []
    proposed = sorted(draw(st.lists(proposals, max_size=3)), key=lambda each: each.seq)
    for seq in places:
        match draw(st.sampled_from("oec")):
            case "o":
                known = (draw(number), draw(number), draw(text), draw(number))
                observed.append(StoredObservation(seq, *known, draw(values), draw(finite)))
                for shadow in draw(st.sets(text, max_size=2)):
                    decided.append(StoredDecision(draw(decisions), shadow, seq, draw(finite)))
            case "e":
                ended.append(StoredEnd(seq, draw(number), draw(ends)))
            case _:
                wanted = tuple(draw(st.lists(wishes, max_size=2)))
                changed.append(StoredChange(seq, draw(restraints), draw(finite), wanted))
    return Log(
        study=draw(studies),
        attempts=draw(st.lists(st.tuples(number, number, text), max_size=3)),
        events=list(in_order(observed, decided, ended, changed, proposed)),
        sightings=tuple(draw(st.lists(st.tuples(number, sightings), max_size=2))),
        made=draw(st.dictionaries(number, made, max_size=3)),
        specs=tuple(draw(st.lists(st.builds(StoredSpec, template, number, plain, finite)))),
    )


@given(logs())
def test_lines_that_were_read_are_the_same_lines(log: Log) -> None:
    written = list(lines(log))
    assert list(lines(read_lines(written, "log"))) == written


@given(logs())
def test_a_log_that_was_written_is_the_same_log(log: Log) -> None:
    read = read_lines(lines(log), "log")
    assert (read.study, read.attempts, read.sightings) == (log.study, log.attempts, log.sightings)
    assert (read.made, read.specs) == (log.made, log.specs)
    for before, after in zip(log.events, read.events, strict=True):
        if isinstance(before, StoredObservation) and math.isnan(before.value):
            assert math.isnan(after.value)
        elif isinstance(before, StoredDecision):
            assert before.decision.same_as(after.decision)
        else:
            assert before == after


HEAD = {"kind": "study", "format": 1, "uid": "u", "settings": judged_by("u").to_dict()}
ATTEMPT = {"kind": "attempt", "trial": 0, "attempt": 1, "pod_uid": "p"}
VALUE = {"kind": "observation", "seq": 1, "trial": 0, "attempt": 1, "metric": "loss"}
VALUE |= {"step": 1, "value": 0.5, "at": 1.0}
END = {"kind": "end", "seq": 2, "trial": 0, "state": "Completed", "at": 2.0}
TRIAL = {"kind": "trial", "trial": 0, "name": "s-0", "parameters": {}, "origin": "Sampled"}
TRIAL |= {"template": 0, "created_at": 0.0, "started_at": None}


def read(*rows: Any) -> Log:
    log = read_lines([json.dumps(row) for row in rows], "it")
    list(log.events)
    return log


WISH = {"trial": 7, "will": "Prune", "why": "it overfits", "by": "ann"}
CHANGE = {"kind": "change", "seq": 1, "at": 1.0, "paused": False, "keepBest": 1, "protected": []}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        pytest.param([], "got nothing", id="nothing"),
        pytest.param([VALUE], "begins with its study", id="no study"),
        pytest.param([HEAD, HEAD], "is of one", id="two studies"),
        pytest.param([[1]], "JSON object", id="no object"),
        pytest.param([HEAD, VALUE, ATTEMPT], "attempts before", id="an attempt afterwards"),
        pytest.param([HEAD, {**VALUE, "value": "x"}], "line 2, value", id="a value that is none"),
        pytest.param([HEAD, {**END, "state": "Running"}], "line 2, state", id="no ending"),
        pytest.param([HEAD, {**TRIAL, "origin": "God"}], "line 2, origin", id="no origin"),
        pytest.param([HEAD, {**TRIAL, "parameters": 3}], "line 2, parameters", id="no parameters"),
        pytest.param([HEAD, {**VALUE, "step": True}], "line 2, step", id="a step that is none"),
        pytest.param([{**HEAD, "settings": {}}], "settings", id="no settings"),
        *(
            pytest.param([HEAD, {**CHANGE, "wishes": wanted}], "line 2: expected wishes", id=name)
            for name, wanted in {
                "wishes that are none": 3,
                "a wish that is none": [3],
                "a wish without a trial": [{"will": "Prune", "why": "", "by": ""}],
                "a wish for what cannot be": [WISH | {"will": "Resurrect"}],
                "a wish for no number": [WISH | {"trial": "seven"}],
                "a wish without words": [WISH | {"why": None}],
            }.items()
        ),
    ],
)
def test_what_is_no_log_is_told_with_its_place(rows: list[Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read(*rows)


def test_rows_of_kinds_that_are_not_known_are_somebody_elses() -> None:
    assert len(list(read_lines(map(json.dumps, [HEAD, {"kind": "note"}, VALUE]), "it").events)) == 1


def test_an_ending_of_an_early_version_is_read_by_the_names_it_had() -> None:
    log = read_lines(map(json.dumps, [HEAD, {**END, "generation": 77}]), "it")
    (stored,) = log.events
    assert isinstance(stored, StoredEnd)
    assert (stored.end.template, stored.end.held, stored.end.pace) == (77, 0.0, None)
