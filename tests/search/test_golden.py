"""Values that were recorded once: a study that is continued must go on with the same ones.

A failure here means that a change of the code, of numpy or of scipy gives the trials of running
studies other parameters. That is a breaking change; say so in CHANGELOG.md before recording anew.
"""

import json
from pathlib import Path

import pytest

from espalier.search import (
    NO_HISTORY,
    Choice,
    FloatRange,
    Grid,
    IntRange,
    Parameter,
    Random,
    Scale,
    Sobol,
    Space,
    When,
)

SPACE = Space(
    (
        Parameter("lr", FloatRange(1e-4, 1.0, Scale.LOG)),
        Parameter("optimizer", Choice(("sgd", "adam"))),
        Parameter("momentum", FloatRange(0.0, 0.99), When("optimizer", ("sgd",))),
        Parameter("layers", IntRange(1, 4)),
        Parameter("width", IntRange(16, 1024, Scale.LOG), When("layers", (2, 3, 4))),
        Parameter("dropout", FloatRange(0.0, 0.5, step=0.1)),
        Parameter("nesterov", Choice((True, False)), When("optimizer", ("sgd",))),
    )
)
SAMPLERS = {
    "Random": Random(),
    "Sobol": Sobol(),
    "Grid": Grid(points=4),
}
NUMBERS = (0, 1, 2, 3, 127, 128, 1000)
RECORDED = json.loads((Path(__file__).parent / "golden.json").read_text())


def configurations(name: str, seed: int) -> list[dict]:
    return [SAMPLERS[name].propose(SPACE, NO_HISTORY, seed, number) for number in NUMBERS]


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("seed", [0, 7])
def test_the_parameters_of_a_trial_are_those_recorded(name, seed):
    for now, then in zip(configurations(name, seed), RECORDED[f"{name} {seed}"], strict=True):
        assert now.keys() == then.keys()
        for parameter, value in now.items():
            # The last bit of a logarithm is the platform's.
            assert value == (
                pytest.approx(then[parameter], rel=1e-14)
                if isinstance(value, float)
                else then[parameter]
            )
