"""The contract of a sampler, as tests: ours pass them, and the next one should.

Subclass `SamplerContract` in a test module; pytest finds the rest::

    from espalier.search.contract import SamplerContract

    class TestMine(SamplerContract):
        def make(self):
            return Mine(strictness=2)

Every test runs over spaces of all kinds, conditions included, and over histories of all kinds: no
trial, one, many of every end, only failed ones, values that are no numbers, and those of another
space.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from dataclasses import replace

from espalier.search.history import NO_HISTORY, History, Outcome, PastTrial, Told
from espalier.search.samplers.base import Sampler
from espalier.search.samplers.random import Random
from espalier.search.space import Choice, FloatRange, IntRange, Parameter, Scale, Space, Value, When
from espalier.search.telling import TellPruned, tell

SEED = 11
TRIALS = 40
LEARNT = 3
"""So many numbers are asked for where each proposal takes its time."""
RUNNING = 8
SPACES = (
    Space((Parameter("x", FloatRange(-1.0, 1.0)),)),
    Space((Parameter("on", Choice((True, False))), Parameter("count", IntRange(1, 3)))),
    Space(
        (
            Parameter("lr", FloatRange(1e-5, 1.0, Scale.LOG)),
            Parameter("optimizer", Choice(("sgd", "adam", 3, 0.5))),
            Parameter("momentum", FloatRange(0.0, 1.0, step=0.25), When("optimizer", ("sgd",))),
            Parameter("width", IntRange(16, 1024, Scale.LOG)),
            Parameter("layers", IntRange(2, 8, step=2), When("width", tuple(range(16, 300)))),
        )
    ),
)
"""A continuum; few configurations; every kind of range, with conditions."""


class SamplerContract:
    """Legal proposals, the same for the same arguments, for as many numbers as there are."""

    def make(self) -> Sampler:
        """Make the sampler, with a new object each time; it must be able to sample `SPACES`."""
        raise NotImplementedError

    def test_a_proposal_has_legal_values_of_exactly_the_active_parameters(self) -> None:
        """Whatever the space, what was learnt, and the number."""
        for space, history in situations():
            for number in self._numbers(space):
                check_legal(space, self.make().propose(space, history, SEED, number))

    def test_the_same_is_proposed_by_whatever_object_in_whatever_order(self) -> None:
        """A crash repeats nothing: what was proposed follows from the arguments alone."""
        for space, history in situations():
            numbers, one = self._numbers(space), self.make()
            there = [one.propose(space, history, SEED, number) for number in numbers]
            back = [self.make().propose(space, history, SEED, n) for n in reversed(numbers)]
            assert there == back[::-1]

    def test_the_history_is_left_as_it_is(self) -> None:
        """It is the study's, and others read it too."""
        for space, history in situations():
            before = copy.deepcopy(history)
            self.make().propose(space, history, SEED, 0)
            assert history == before

    def test_a_proposal_can_be_written_down_and_read_back(self) -> None:
        """Values are plain: JSON brings them back in their own types."""
        for space, history in situations():
            proposal = self.make().propose(space, history, SEED, 0)
            back = json.loads(json.dumps(proposal, allow_nan=False))
            assert list(back.items()) == list(proposal.items())
            assert [type(value) for value in back.values()] == [
                type(value) for value in proposal.values()
            ]

    def test_who_does_not_learn_heeds_no_history(self) -> None:
        """What a number stands for is then known from the number alone."""
        for space, history in situations():
            if not self.make().learns:
                proposed = self.make().propose(space, history, SEED, 0)
                assert proposed == self.make().propose(space, NO_HISTORY, SEED, 0)

    def test_trials_of_a_study_do_not_all_get_the_same(self) -> None:
        """Nor do studies of different seeds, where there is a choice."""
        space = SPACES[0]
        numbers = self._numbers(space)
        of_a_study = [self.make().propose(space, NO_HISTORY, SEED, number) for number in numbers]
        of_seeds = [self.make().propose(space, NO_HISTORY, seed, 0) for seed in numbers]
        assert len({json.dumps(each) for each in of_a_study}) > 1
        assert len({json.dumps(each) for each in of_seeds}) > 1

    def test_running_trials_count(self) -> None:
        """Those asked for at the same time, each told of those before it, are not all alike."""
        space = SPACES[0]
        for history in (NO_HISTORY, history_of(space)):
            running: list[PastTrial] = []
            for number in range(min(RUNNING, self.make().size(space) or RUNNING)):
                chosen = self.make().propose(space, (*history, *running), SEED, number)
                running.append(PastTrial(number, chosen, Outcome.RUNNING, told=Told.RUNNING))
            values = [float(each.parameters["x"]) for each in running]
            assert len(set(values)) > len(values) // 2
            assert max(values) - min(values) > 1e-3

    def test_there_is_no_trial_beyond_the_last_or_before_the_first(self) -> None:
        """`IndexError` says so."""
        for space, history in situations():
            for number in (-1, self.make().size(space)):
                if number is not None:
                    assert self._refuses(space, history, number)

    def _numbers(self, space: Space) -> range:
        size = self.make().size(space)
        most = LEARNT if self.make().learns else TRIALS
        return range(most if size is None else min(most, size))

    def _refuses(self, space: Space, history: History, number: int) -> bool:
        try:
            self.make().propose(space, history, SEED, number)
        except IndexError:
            return True
        return False


def situations() -> Iterator[tuple[Space, History]]:
    """Iterate over each of `SPACES` with every kind of history."""
    for space, other in zip(SPACES, (*SPACES[1:], SPACES[0]), strict=True):
        history = history_of(space)
        for length in (0, 1, len(history)):
            yield space, history[:length]
        yield space, history_of(other)
        yield space, [replace(each, told=Told.INFEASIBLE, score=None) for each in history]
        yield space, [_strange(each) for each in history]


def _strange(trial: PastTrial) -> PastTrial:
    """Return a trial as none should be told: with a value that is no finite number."""
    scores = (math.nan, math.inf, -math.inf, None, 1e300, -1e300)
    return replace(trial, told=Told.VALUE, score=scores[trial.number % len(scores)])


def history_of(space: Space) -> History:
    """Return a history: trials that completed, were pruned, failed, diverged, reported nothing."""
    outcomes = (Outcome.COMPLETED, Outcome.PRUNED, Outcome.COMPLETED, Outcome.FAILED)
    ended = [
        PastTrial(
            number=number if number % 7 else 1_000_000 + number,
            parameters=Random().propose(space, NO_HISTORY, SEED + 1, number),
            outcome=outcomes[number % 4] if number % 11 else Outcome.FAILED,
            steps=range(number % 11 % 6),
            scores=[
                math.nan if number % 13 == 0 else step - float(number)
                for step in range(number % 11 % 6)
            ],
        )
        for number in range(1, TRIALS - 3)
    ]
    running = [
        PastTrial(n, Random().propose(space, NO_HISTORY, SEED + 1, n), Outcome.RUNNING)
        for n in range(TRIALS - 3, TRIALS)
    ]
    return tell([*ended, *running], TellPruned.AS_PRUNED, {})


def check_legal(space: Space, chosen: dict[str, Value]) -> None:
    """Check that exactly the active parameters are there, in order, each with a legal value."""
    active: dict[str, Value] = {}
    for parameter in space.parameters:
        if parameter.active(active):
            assert parameter.domain.legal(chosen[parameter.name])
            active[parameter.name] = chosen[parameter.name]
    assert list(chosen) == list(active)
