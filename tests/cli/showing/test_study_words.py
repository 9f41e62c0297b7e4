"""What is said of a study: true to its numbers, and silent where there are none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from espalier.cli.asking.of_object import view_of_object
from espalier.cli.showing.durations import duration, seconds_since, short
from espalier.cli.showing.sparkline import BLOCKS, GAP, bounds, sparkline
from espalier.cli.showing.study_words import (
    best_words,
    budget_words,
    costs_words,
    ended_of,
    estimate_words,
    money_words,
    obstacles_of,
    risk_words,
    times_words,
)
from espalier.views.plain import View
from tests.cli.asking.commanded import study

NOW = datetime(2026, 1, 1, 2, tzinfo=UTC)


def view(**status: Any) -> View:
    return view_of_object(study(**status))


@pytest.mark.parametrize(
    ("seconds", "said", "brief"),
    [
        (0, "0 s", "0s"),
        (0.25, "0.2 s", "0s"),
        (59, "59 s", "59s"),
        (60, "1 min", "60s"),
        (3600, "1 h", "60m"),
        (12_000, "3 h 20 min", "3h"),
        (86_400 * 2.5, "2 d 12 h", "2d"),
        (-60, "-1 min", "0s"),
        (3599.7, "1 h", "59m"),
    ],
)
def test_spans_are_said_in_two_units(seconds: float, said: str, brief: str) -> None:
    assert (duration(seconds), short(seconds)) == (said, brief)


@pytest.mark.parametrize("time", [None, "", "yesterday", 5, {}])
def test_what_is_no_time_is_no_time_ago(time: Any) -> None:
    assert seconds_since(time, NOW) is None


def test_a_study_of_which_nothing_is_told_has_nothing_said_of_it() -> None:
    bare = view_of_object({"metadata": {"name": "a", "namespace": "b"}})
    assert ended_of(bare) == (0, 0)
    assert costs_words(bare) == []
    assert budget_words(bare, NOW) == []
    for said in (best_words, risk_words, money_words):
        assert said(bare) == ""
    assert estimate_words(bare, NOW) == times_words(bare, NOW) == ""
    assert obstacles_of(bare) == []


def test_more_trials_than_were_wanted_are_more_than_wanted() -> None:
    assert ended_of(view(counts={"completed": 25, "running": 2})) == (25, 27)


def test_a_best_by_its_repeats_is_told_by_their_mean() -> None:
    best = {"number": 3, "value": 1.0, "mean": 0.9, "meanLow": 0.8, "meanHigh": 1.0, "repeats": 4}
    assert best_words(view(best=best)) == "trial 3: mean 0.9 [0.8, 1] of 4 repeats"


def test_an_end_is_told_with_its_band_and_only_of_a_study_that_runs() -> None:
    estimate = {
        "end": "2026-01-01T03:00:00Z",
        "low": "2026-01-01T02:30:00Z",
        "high": "2026-01-01T04:00:00Z",
    }
    assert estimate_words(view(estimate=estimate), NOW) == "about 1 h left (30 min to 2 h)"
    ended = view(estimate=estimate, completionTime="2026-01-01T01:00:00Z")
    assert estimate_words(ended, NOW) == ""
    assert times_words(ended, NOW) == "ended 1 h ago, took 1 h"
    assert estimate_words(view(), NOW) == ""


def test_savings_and_money_come_with_their_band() -> None:
    money = {"currency": "EUR", "deviceHour": 2.0, "used": 4.0}
    saved = {"saved": 2.0, "savedLow": 1.0, "savedHigh": 3.0}
    assert money_words(view() | {"money": money | saved}) == (
        "4.00 EUR used, about 2.00 EUR saved (33% of all, between 1.00 EUR and 3.00 EUR) "
        "at 2.00 EUR a device-hour"
    )
    assert "not known before a trial completes" in money_words(view() | {"money": money})
    assert dict(costs_words(view(gpuSeconds={"used": 60.0, "saved": 0.0}))) == {
        "GPU time": "1 min used, nothing saved"
    }


def test_each_limit_of_a_budget_says_what_is_used_and_when_it_is_met() -> None:
    limits = [
        {
            "name": "gpuHours",
            "usedHours": 3.0,
            "softHours": 4.0,
            "hardHours": 5.0,
            "softAt": "2026-01-01T02:30:00Z",
        },
        {"name": "deadline", "usedHours": 1.0, "softHours": 1.0, "met": "Soft"},
    ]
    assert budget_words(view(budget={"limits": limits}), NOW) == [
        "gpuHours: 3 h of 4 h (soft, met in about 30 min) and 5 h (hard)",
        "deadline: 1 h of 1 h (soft); the soft limit is met",
    ]


def test_curves_are_drawn_between_bounds_that_one_value_does_not_stretch() -> None:
    low, high = bounds([[float(each) for each in range(200)], [1e9, -1e9]])
    assert (low, high) == (0.0, 199.0) or (low < 5 and high < 205)
    assert sparkline([0.0, 1.0, None, 2.0, 9.0], 0, 2, 5) == f"{BLOCKS[0]}▅{GAP}██"
    assert sparkline([1.0] * 100, 1, 1, 7) == "▅" * 7
    assert sparkline([], 0, 1, 5) == sparkline([1.0], 0, 1, 0) == ""
    assert bounds([]) == (0.0, 1.0)
