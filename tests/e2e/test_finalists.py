"""A noisy study whose winner was lucky: run again with other seeds, another trial is the best.

What the trainer reports is a recipe's quality and noise that its seed alone decides, so that who
wins by luck, and what the repeats show, is known before the study begins.
"""

import json
import random
from dataclasses import dataclass
from typing import Any

import pytest

from espalier.pruning import Repeat, RepeatedValues
from espalier.search import seed_of
from tests.e2e.studies import RESTRICTED, replay_study
from tests.e2e.world import World, wait_for

NAMESPACE = "finalists"
SEED = 125
QUALITIES = {"steady": 0.8, "lucky": 0.78, "plain": 0.7, "poor": 0.6}
NOISE = 0.02
REPEATS = 5
TRAINER = f"""
import json, os, random, sys

quality = {QUALITIES}[os.environ["PARAM_recipe"]]
value = quality + random.Random(int(sys.argv[1].removeprefix("--seed="))).gauss(0, {NOISE})
with open(os.environ["ESPALIER_REPORT_FILE"], "a") as reports:
    for step, below in ((1, 0.1), (2, 0.0)):
        reports.write(json.dumps({{"step": step, "value": value - below}}) + chr(10))
"""


def value_of(recipe: str, number: int) -> float:
    """Return what the trainer reports last as a trial of this number."""
    return QUALITIES[recipe] + random.Random(seed_of(SEED, number)).gauss(0, NOISE)


def study_of(name: str, **spec: Any) -> dict[str, Any]:
    """Return a study of four recipes, each of which is tried once."""
    study = replay_study(
        name,
        NAMESPACE,
        steps=2,
        parallelism=3,
        objective={"metric": "accuracy", "direction": "Maximize"},
        parameters=[{"name": "recipe", "categorical": {"values": list(QUALITIES)}}],
        sampler={"type": "Grid", "seed": SEED},
        **spec,
    )
    (container,) = study["spec"]["template"]["spec"]["containers"]
    container.update(command=["python3", "-c", TRAINER], args=["--seed=$(ESPALIER_SEED)"])
    container["securityContext"] = RESTRICTED
    return study


@dataclass(frozen=True)
class Ended:
    """A study that has ended, and the numbers of its trials by recipe."""

    study: dict[str, Any]
    numbers: dict[str, int]


@pytest.fixture(scope="module")
def ended(world: World) -> Any:
    """Run the study without finalists to its end, then add them: it goes on."""
    with world.namespace(NAMESPACE):
        world.apply(study_of("noisy"))
        world.wait_condition(NAMESPACE, "noisy", "Succeeded")
        first = world.get("study", NAMESPACE, "noisy")
        patch = {"spec": {"finalists": {"count": 2, "repeats": REPEATS}}}
        world.run(
            "patch", "study", "noisy", "-n", NAMESPACE, "--type=merge", f"-p={json.dumps(patch)}"
        )
        wait_for(
            "the finalists",
            lambda: world.get("study", NAMESPACE, "noisy")["status"].get("finalists"),
        )
        world.wait_condition(NAMESPACE, "noisy", "Succeeded")
        trials = world.trials(NAMESPACE, "noisy")
        numbers = {
            each["spec"]["parameters"]["recipe"]: each["spec"]["number"]
            for each in trials
            if "repeat" not in each["spec"]
        }
        assert first["status"]["best"]["number"] == numbers["lucky"], "luck has won at first"
        yield Ended(world.get("study", NAMESPACE, "noisy"), numbers)


def test_repeats_overturn_the_winner_and_the_study_says_so(ended: Ended, world: World) -> None:
    steady, lucky = ended.numbers["steady"], ended.numbers["lucky"]
    best = ended.study["status"]["best"]
    assert best["number"] == steady
    assert best["value"] == pytest.approx(value_of("steady", steady))
    wanted = repeats_of("steady", steady)
    assert best["mean"] == pytest.approx(wanted.mean)
    assert (best["meanLow"], best["meanHigh"]) == pytest.approx(wanted.interval)
    said = world.condition("study", NAMESPACE, "noisy", "Succeeded")
    assert said is not None
    assert wanted.interval is not None
    low, high = wanted.interval
    led, then = value_of("lucky", lucky), repeats_of("lucky", lucky)
    assert then.interval is not None
    assert said["message"].endswith(
        f"By {REPEATS} repeats, trial {steady} is best: {wanted.mean:.6g} [{low:.6g}, {high:.6g}]; "
        f"trial {lucky}, which led with {led:.6g}, has {then.mean:.6g} "
        f"[{then.interval[0]:.6g}, {then.interval[1]:.6g}]."
    )


def repeats_of(recipe: str, number: int) -> RepeatedValues:
    """Return what the repeats of a trial come to."""
    numbers = (Repeat(number, index).number for index in range(1, REPEATS + 1))
    return RepeatedValues(tuple(value_of(recipe, each) for each in numbers))


def test_each_finalist_is_told_with_its_mean_and_whether_it_can_be_told_apart(
    ended: Ended,
) -> None:
    first, second = ended.study["status"]["finalists"]
    assert (first["number"], second["number"]) == (ended.numbers["lucky"], ended.numbers["steady"])
    for each, recipe in ((first, "lucky"), (second, "steady")):
        assert each["mean"] == pytest.approx(repeats_of(recipe, each["number"]).mean)
        assert (each["completed"], each["failed"]) == (REPEATS, 0)
    assert first["toldApart"] is True
    assert "toldApart" not in second
    assert ended.study["status"]["ended"] == "14/14"


def test_an_event_tells_it_and_one_told_that_they_began(ended: Ended, world: World) -> None:
    said = {
        (each["reason"], each["message"])
        for each in world.get("events", NAMESPACE)
        if each["involvedObject"]["kind"] == "Study"
    }
    named = f"trial {ended.numbers['steady']} is best"
    assert any(reason == "GridExhausted" and named in message for reason, message in said)
    began = "run again with other seeds: repeats 0 of 10 ended"
    assert any(reason == "Repeating" and began in message for reason, message in said)


def test_a_repeat_is_a_trial_with_its_finalists_parameters_and_a_seed_of_its_own(
    ended: Ended, world: World
) -> None:
    name = f"noisy-{ended.numbers['lucky']}r2"
    trial = world.get("trial", NAMESPACE, name)
    assert trial["spec"]["parameters"] == {"recipe": "lucky"}
    assert trial["spec"]["repeat"] == {"of": ended.numbers["lucky"], "index": 2}
    number = Repeat(ended.numbers["lucky"], 2).number
    assert trial["status"]["number"] == number
    assert trial["status"]["latest"] == pytest.approx(value_of("lucky", number))
    (container,) = world.get("job", NAMESPACE, name)["spec"]["template"]["spec"]["containers"]
    variables = {each["name"]: each.get("value") for each in container["env"]}
    assert variables["ESPALIER_SEED"] == str(seed_of(SEED, number))


def test_the_log_has_the_repeats_and_replays_as_it_was_judged(ended: Ended, world: World) -> None:
    values = {
        row["trial"] for row in world.log_of(NAMESPACE, "noisy") if row["kind"] == "observation"
    }
    repeats = {
        Repeat(ended.numbers[recipe], index).number
        for recipe in ("lucky", "steady")
        for index in range(1, REPEATS + 1)
    }
    assert values == {*range(4), *repeats}
    replayed = json.loads(world.espalier("replay", f"{NAMESPACE}/noisy", "--json"))
    assert replayed["differences"] == []
    assert replayed["decisions"] == 8, "those on the values of the four recipes alone"


def test_what_prometheus_scrapes_has_the_mean(ended: Ended, world: World) -> None:
    at = f'namespace="{NAMESPACE}",study="noisy"'
    (line,) = [
        each for each in world.metrics().splitlines() if each.startswith("espalier_best_mean{")
    ]
    assert at in line
    assert float(line.rsplit(" ", 1)[1]) == pytest.approx(ended.study["status"]["best"]["mean"])


def test_nobody_but_the_operator_makes_a_repeat(ended: Ended, world: World) -> None:
    trial = {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "Trial",
        "metadata": {"name": "noisy-0r9", "namespace": NAMESPACE},
        "spec": {
            "study": {"name": "noisy"},
            "parameters": {"recipe": "poor"},
            "repeat": {"of": 0, "index": 9},
        },
    }
    said = world.run("create", "-f", "-", stdin=json.dumps(trial), check=False)
    assert "spec.repeat is for the operator to write" in said


def test_finalists_that_are_chosen_cannot_be_changed(ended: Ended, world: World) -> None:
    patch = json.dumps({"spec": {"finalists": {"count": 3}}})
    said = world.run(
        "patch", "study", "noisy", "-n", NAMESPACE, "--type=merge", f"-p={patch}", check=False
    )
    assert "spec.finalists is fixed once the finalists are chosen" in said
