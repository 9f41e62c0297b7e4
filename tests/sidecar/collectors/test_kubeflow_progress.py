"""What was logged, out of snapshots: a story in posts for each trap."""

import json
import math
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from espalier_sidecar.collectors.kubeflow import EPOCH, GLOBAL_STEP
from espalier_sidecar.collectors.kubeflow_progress import Progress, Snapshot, progress_of

Told = list[tuple[str, float | None, float]]
BEGIN = {"total_steps": 30.0}


def told(posts: Sequence[Snapshot], unit: str = EPOCH) -> Told:
    """Give what each post tells; what is known is kept and read back between them."""
    progress, found = Progress(), []
    for post in posts:
        progress, readings = progress.after(post, unit)
        progress = progress_of(json.loads(json.dumps(progress.state())))
        found += [tuple(each) for each in readings]
    return found


def at(step: int, **logged: float) -> Snapshot:
    """Give the post of a step: an epoch has ten."""
    return {**logged, "current_step": step, "total_steps": 30, "current_epoch": step / 10}


def evaluated(loss: float, clock: float, epoch: float) -> Snapshot:
    return {"eval_loss": loss, "eval_runtime": clock, "epoch": epoch}


def losses(found: Told) -> Told:
    return [each for each in found if each[0] == "eval_loss"]


def test_what_a_later_post_repeats_counts_once() -> None:
    one = evaluated(0.5, 1.0, 1.0)
    posts = [BEGIN, at(11, **one), at(12, **one), at(13, **one), one]
    assert losses(told(posts)) == [("eval_loss", 1, 0.5)]


def test_the_last_evaluation_comes_in_a_post_without_a_step() -> None:
    posts = [BEGIN, at(29), {**evaluated(0.5, 1.0, 3.0), "train_loss": 0.1}]
    assert losses(told(posts)) == [("eval_loss", 3, 0.5)]
    assert losses(told(posts, GLOBAL_STEP)) == [("eval_loss", 30, 0.5)]


def test_an_evaluation_with_the_value_of_the_one_before_shows_by_its_duration() -> None:
    posts = [BEGIN, at(11, **evaluated(0.5, 1.0, 1.0)), at(21, **evaluated(0.5, 1.1, 2.0))]
    assert losses(told(posts)) == [("eval_loss", 1, 0.5), ("eval_loss", 2, 0.5)]


def test_an_evaluation_is_not_counted_again_because_a_loss_was_logged() -> None:
    one = evaluated(0.5, 1.0, 1.0)
    posts = [BEGIN, at(11, **one), at(21, **{**one, "loss": 0.3, "epoch": 2.0})]
    assert losses(told(posts)) == [("eval_loss", 1, 0.5)]


def test_an_evaluation_at_an_epochs_end_keeps_it_though_a_loss_was_logged_since() -> None:
    posts = [BEGIN, at(8), at(13, loss=0.3, **evaluated(0.5, 1.0, 1.2))]
    assert told(posts)[1:2] == [("eval_loss", 1, 0.5)]
    assert told(posts)[0] == ("loss", 1.2, 0.3)


def test_two_data_sets_are_evaluated_each_for_itself() -> None:
    one = {"eval_a_acc": 0.5, "eval_a_runtime": 1.0, "eval_b_acc": 0.7, "eval_b_runtime": 2.0}
    two = {**one, "eval_a_runtime": 1.5}
    posts = [BEGIN, at(11, **one, epoch=1.0), at(21, **two, epoch=2.0)]
    again = [each for each in told(posts) if each[1] == 2]
    assert again == [("eval_a_acc", 2, 0.5), ("eval_a_runtime", 2, 1.5)]


def test_nan_that_stays_is_no_change() -> None:
    one = {**evaluated(math.nan, 1.0, 1.0)}
    assert len(losses(told([BEGIN, at(11, **one), at(12, **one)]))) == 1


def test_a_second_training_begins_anew() -> None:
    one = evaluated(0.5, 1.0, 1.0)
    posts = [BEGIN, at(11, **one), one, BEGIN, at(11, **one)]
    assert losses(told(posts)) == [("eval_loss", 1, 0.5)] * 2


def test_an_evaluation_before_the_first_step_is_at_nought() -> None:
    assert losses(told([BEGIN, at(1, **evaluated(0.5, 1.0, 0.0))])) == [("eval_loss", 0, 0.5)]


def test_logs_without_an_epoch_are_counted() -> None:
    assert told([BEGIN, at(2, loss=0.5)]) == [("loss", None, 0.5)]


NUMBER = st.floats(allow_nan=True) | st.integers(-(10**9), 10**9).map(float)
NAMES = [
    "epoch",
    "current_epoch",
    "current_step",
    "total_steps",
    "loss",
    "eval_loss",
    "eval_runtime",
]


@given(
    st.lists(st.dictionaries(st.sampled_from(NAMES), NUMBER), max_size=6),
    st.sampled_from([EPOCH, GLOBAL_STEP]),
)
def test_no_posts_are_too_strange(posts: list[dict[str, float]], unit: str) -> None:
    for name, _, value in told(posts, unit):
        assert any(value == post.get(name) or math.isnan(value) for post in posts)


@given(st.dictionaries(st.sampled_from(list(Progress._fields)), st.none() | st.text() | NUMBER))
def test_a_state_that_is_none_is_the_first(state: dict[str, object]) -> None:
    assert isinstance(progress_of(state), Progress)
