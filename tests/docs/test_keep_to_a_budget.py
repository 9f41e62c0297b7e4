"""The study of the page on budgets is ended by them, and goes on by the page's own command."""

from __future__ import annotations

import json
import re
import shlex

import yaml

from espalier.api import parse_study
from tests.docs.test_examples import blocks
from tests.planning.budgets.test_ending import HOUR, Spending, complete
from tests.planning.worlds import merged, study

PAGE = "docs/how-to/keep-to-a-budget.md"
TRIALS = {"max": 1000, "parallelism": 8, "maxFailed": 50}


def shown() -> dict:
    (text,) = (text for page, text in blocks("yaml") if page == PAGE)
    return yaml.safe_load(text)


def raised() -> dict:
    texts = [text for page, text in blocks("console") if page == PAGE]
    (line,) = (line for text in texts for line in text.splitlines() if "patch study" in line)
    (said,) = (word for word in shlex.split(line) if word.startswith("--patch="))
    return json.loads(said.removeprefix("--patch="))


def test_the_pages_study_is_a_good_one_before_and_after():
    assert parse_study(shown()).spec.budget is not None
    budget = parse_study(merged(shown(), raised())).spec.budget
    assert budget is not None
    assert budget.gpu_hours is not None
    assert (budget.gpu_hours.hard, budget.wall_clock) == (180, None)


def test_it_is_ended_and_goes_on_by_the_pages_command():
    budget = shown()["spec"]["budget"]
    world = Spending(study(trials=TRIALS, budget=budget))
    world.round()
    world.round()
    complete(world)
    world.round()
    world.round()
    assert len(world.running()) == 8  # of two GPUs each
    world.now += 7 * HOUR
    world.settle()
    assert world.said("BudgetSpent") == ("True", "SoftLimitMet")
    world.now += 2 * HOUR
    world.round()
    world.round()
    assert world.said("BudgetSpent") == ("True", "HardLimitMet")
    assert world.said("Succeeded") == ("True", "BudgetSpent")
    assert not world.running()
    changed = merged({"spec": {"budget": budget}}, raised())["spec"]["budget"]
    world.spend(changed, trials=TRIALS)
    world.round()
    world.round()
    assert world.said("BudgetSpent") == ("False", "WithinBudget")
    assert len(world.running()) == 8


def test_the_page_names_what_the_status_has():
    world = Spending(study(trials=TRIALS, budget=shown()["spec"]["budget"]))
    world.round()
    world.round()
    status = world.view.status
    assert {"budget", "estimate"} <= set(status)
    limits = status["budget"]["limits"]
    assert {each["name"] for each in limits} == {"gpuHours", "wallClock"}
    assert all({"softAt", "hardAt", "leftHours", "usedHours"} <= set(each) for each in limits)
    (page,) = {page for page, _ in blocks("yaml") if page == PAGE}
    assert re.search("keep-to-a-budget", page)
