"""What a Study's status says of its end, from its first trial to its last."""

from datetime import datetime

from tests.planning.budgets.test_ending import Spending, complete
from tests.planning.worlds import NOW, study


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def play(world: Spending, rounds: int) -> None:
    for _ in range(rounds):
        world.now += 300.0
        complete(world)
        world.round()


def test_it_is_too_early_and_then_told_and_gone_at_the_end():
    world = Spending(study(trials={"max": 20, "parallelism": 2, "maxFailed": 9}))
    world.round()
    world.round()
    assert world.view.status["estimate"]["why"].startswith("Too early to tell: 0 trials that ran")
    seen = []
    for _ in range(30):
        play(world, 1)
        said = world.view.status.get("estimate")
        if said and "end" in said:
            seen.append((world.now, said))
            assert world.now - 1 <= seconds(said["low"]) <= seconds(said["end"])
            assert seconds(said["end"]) <= seconds(said["high"])
            assert said["trialsLeft"] <= 20
    assert len(seen) >= 6
    over = seconds(world.view.status["completionTime"])
    assert "estimate" not in world.view.status
    at, first = seen[0]
    assert abs(seconds(first["end"]) - over) < 0.3 * (over - at)


def test_a_suspended_study_says_so_instead():
    world = Spending(study(trials={"max": 20, "parallelism": 2}, suspend=True))
    world.round()
    assert world.view.status["estimate"] == {"why": "The study is suspended."}


def test_a_hard_limit_is_the_end_at_the_latest():
    budget = {"wallClock": {"hard": "2h"}}
    world = Spending(study(trials={"max": 1000, "parallelism": 2, "maxFailed": 9}, budget=budget))
    world.round()
    play(world, 6)
    said = world.view.status["estimate"]
    assert said["withinBudget"] == "No"
    assert seconds(said["end"]) <= NOW + 7200 + 60
