"""What an import writes is read back as it was, and fits."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from espalier.planning.proposing.taking_over import SourceStudy, SourceTrial
from espalier.pruning import Direction
from espalier.search import Outcome
from espalier.study_log.read_csv import read_csv
from espalier.study_log.read_lines import read_lines
from espalier.study_log.sources import source_of
from espalier.study_log.write_source import fitted, source_lines

CSV = (
    "lr,kind,deep,loss,state\n0.5,a,true,1.5,completed\n0.25,b,,nan,pruned\n1e-3,7,false,,failed\n"
)


def test_what_is_written_is_read_back_whole() -> None:
    source = read_csv(CSV, "p", "runs.csv", "loss", Direction.MINIMIZE)
    back = source_of(read_lines(source_lines(source), "log"), "p", "ConfigMap", "runs.csv")
    assert repr([vars_of(each) for each in back.trials]) == repr(
        [vars_of(each) for each in source.trials]
    )
    assert back.uid == source.uid


def vars_of(trial: Any) -> tuple[object, ...]:
    return (trial.number, dict(trial.parameters), trial.outcome, list(trial.steps),
            list(trial.values))  # fmt: skip


@given(st.integers(1, 40), st.integers(1, 400), st.integers(400, 200_000))
def test_what_fits_has_no_more_bytes_than_it_may_and_keeps_first_and_last(trials, steps, most):
    whole = range(1, steps + 1)
    told = [
        SourceTrial(number, {"lr": 0.5}, Outcome.COMPLETED, whole, [1 / step for step in whole])
        for number in range(trials)
    ]
    source = SourceStudy("p", "File", "s", "u", "loss", Direction.MINIMIZE, steps, told)
    found = fitted(source, most)
    if found is None:
        return
    text, _ = found
    assert len(text.encode()) <= most
    back = source_of(read_lines(text.splitlines(), "log"), "p", "File", "s")
    assert [each.number for each in back.trials] == list(range(trials))
    assert all((each.steps[0], each.steps[-1]) == (1, steps) for each in back.trials)
