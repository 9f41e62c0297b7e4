"""Garbage is searched for seldom, and found all the same."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from espalier.process import garbage


class Link:
    """Part of a circle."""

    other: Link


@pytest.fixture(autouse=True)
def python() -> Iterator[None]:
    """Leave the collector as it was."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def circle() -> weakref.ref[Link]:
    """Return a reference to a part of a circle that nobody refers to."""
    one, other = Link(), Link()
    one.other, other.other = other, one
    return weakref.ref(one)


def test_circles_that_are_made_later_are_found() -> None:
    garbage.search_seldom()
    garbage.settle()
    gone = circle()
    many = [[] for _ in range(2 * gc.get_threshold()[0])]
    assert gone() is None
    del many


def test_what_is_there_at_the_start_goes_when_nothing_refers_to_it() -> None:
    one = Link()
    seen = weakref.ref(one)
    garbage.settle()
    del one
    assert seen() is None


def test_the_circles_of_the_start_itself_are_found_before_it_is_frozen() -> None:
    gone = circle()
    garbage.settle()
    assert gone() is None
