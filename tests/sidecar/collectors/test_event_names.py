"""A scalar's name is its tag, unless its folder says what the tag leaves open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier_sidecar.collectors.event_names import name_of


@pytest.mark.parametrize(
    ("path", "tag", "name"),
    [
        pytest.param("", "loss", "loss", id="in the directory itself"),
        pytest.param("Nov29_16-00-00_host", "eval/loss", "eval/loss", id="torch"),
        pytest.param("lightning_logs/version_3", "val_acc", "val_acc", id="Lightning"),
        pytest.param("train", "epoch_loss", "train/epoch_loss", id="Keras"),
        pytest.param(
            "fit/16-00/validation", "epoch_loss", "validation/epoch_loss", id="Keras, run"
        ),
        pytest.param("run/train/host", "loss", "loss", id="a run below a split"),
        pytest.param("run/loss_best", "loss", "loss/best", id="torch's add_scalars"),
        pytest.param("run/data_loss_a_b", "data/loss", "data/loss/a_b", id="its tag with a slash"),
        pytest.param("run/data/loss/best", "data/loss", "data/loss/best", id="tensorboardX's"),
        pytest.param("loss/train", "loss", "loss/train", id="its key a split"),
        pytest.param("fold_3", "loss", "loss", id="not asked for"),
    ],
)
def test_names_that_nobody_asks_for(path: str, tag: str, name: str) -> None:
    assert name_of([each for each in path.split("/") if each], tag, lambda _: False) == name


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("loss", "validation/loss"),
        ("validation/loss", "validation/loss"),
        ("b/validation/loss", "b/validation/loss"),
        ("a/b/validation/loss", "a/b/validation/loss"),
        ("train/loss", "validation/loss"),
    ],
)
def test_a_name_that_the_study_asks_for_may_have_more_folders_and_none_less(
    asked: str, name: str
) -> None:
    assert name_of(["a", "b", "validation"], "loss", lambda each: each == asked) == name


PARTS = st.text("ab_", min_size=1, max_size=4)


@given(st.lists(PARTS, max_size=4), st.lists(PARTS, min_size=1, max_size=3).map("/".join))
def test_a_name_ends_with_the_tag_or_begins_with_it(folders: list[str], tag: str) -> None:
    name = name_of(folders, tag, lambda _: False)
    assert name.endswith(tag) or name.startswith(f"{tag}/")
    assert name_of(folders, tag, lambda each: each == "/".join([*folders, tag])).endswith(tag)
