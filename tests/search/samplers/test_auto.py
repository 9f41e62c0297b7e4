"""Auto begins as Sobol does, and goes on as TPE does."""

from espalier.search import TPE, AutoSampler, Sobol
from tests.search.samplers.histories import BRANCHED, ended, running


def test_it_covers_the_space_until_enough_trials_have_ended_and_then_learns():
    few, enough = ended(BRANCHED, 9), ended(BRANCHED, 10)
    few = [*few, *running(BRANCHED, 20)]
    for number in (9, 30):
        assert AutoSampler().propose(BRANCHED, few, 5, number) == Sobol().propose(
            BRANCHED, few, 5, number
        )
        assert AutoSampler().propose(BRANCHED, enough, 5, number) == TPE(startup_trials=0).propose(
            BRANCHED, enough, 5, number
        )


def test_trials_of_earlier_studies_are_enough_to_learn_from():
    assert AutoSampler(startup_trials=5).propose(BRANCHED, ended(BRANCHED, 40), 5, 0) != (
        Sobol().propose(BRANCHED, (), 5, 0)
    )
