"""A recorded study's decisions, recomputed from its exported log and compared."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from espalier.api.judging import is_judged, judge_of
from espalier.errors import SpecError
from espalier.pruning import Decision, Judge, Report, TrialState, Verdict, verdict_of

Key = tuple[str, int, int, int]
"""Name of the shadow (empty for the acting pruner), trial, attempt and step."""


@dataclass(frozen=True)
class Difference:
    """A decision that is not as recorded; None on the side that has none."""

    key: Key
    recorded: Decision | None
    recomputed: Decision | None

    def sentence(self) -> str:
        """Say where the two part, in words."""
        shadow, trial, attempt, step = self.key
        who = f"shadow {shadow}: " if shadow else ""
        recorded = self.recorded.sentence() if self.recorded else "no decision"
        recomputed = self.recomputed.sentence() if self.recomputed else "no decision"
        return (
            f"{who}trial {trial}, attempt {attempt}, step {step}: recorded “{recorded}”, "
            f"recomputed “{recomputed}”"
        )

    def to_dict(self) -> dict[str, Any]:
        """Give plain JSON values."""
        shadow, trial, attempt, step = self.key
        return {
            "shadow": shadow or None,
            "trial": trial,
            "attempt": attempt,
            "step": step,
            "recorded": None if self.recorded is None else self.recorded.to_dict(),
            "recomputed": None if self.recomputed is None else self.recomputed.to_dict(),
        }


@dataclass(frozen=True)
class Replay:
    """How a replay went: how many decisions were recorded, and which differ."""

    decisions: int
    differences: tuple[Difference, ...]


def replay_rows(rows: Iterable[Mapping[str, Any]], name: str) -> Replay:
    """Feed an exported log to a fresh judge, and compare what it decides.

    Raises
    ------
    SpecError
        If the log does not begin with its study, or the study's judge cannot be built.
    """
    head, *log = list(rows) or [{}]
    if head.get("kind") != "study":
        raise SpecError(name, "expected a log of `espalier export`, which begins with its study")
    settings = head["settings"]
    recorded = {
        _key(row["shadow"], decision): decision
        for row in log
        if row["kind"] == "decision"
        for decision in [Decision.from_dict(row)]
    }
    recomputed = dict(_decide(judge_of(str(head["uid"]), settings), settings, log))
    differences = tuple(
        Difference(key, recorded.get(key), recomputed.get(key))
        for key in sorted(recorded.keys() | recomputed.keys())
        if not _same(recorded.get(key), recomputed.get(key))
    )
    return Replay(len(recorded), differences)


def _same(one: Decision | None, other: Decision | None) -> bool:
    return one is not None and one.same_as(other)


def _decide(
    judge: Judge, settings: Mapping[str, Any], log: Iterable[Mapping[str, Any]]
) -> Iterable[tuple[Key, Decision]]:
    arrivals = [row for row in log if row["kind"] in ("observation", "end")]
    for row in sorted(arrivals, key=lambda row: int(row["seq"])):
        if row["kind"] == "end":
            judge.close(row["trial"], TrialState(row["state"]), row["at"])
            continue
        if not is_judged(settings, row["metric"], row["step"]):
            continue
        value = math.nan if row["value"] is None else float(row["value"])
        report = Report(row["trial"], row["attempt"], row["step"], value)
        verdict = verdict_of(judge, report, row["at"])
        if verdict is not None:
            yield from _decisions(verdict)


def _decisions(verdict: Verdict) -> Iterable[tuple[Key, Decision]]:
    if verdict.decision is not None:
        yield _key(None, verdict.decision), verdict.decision
    for name, decision in verdict.shadows:
        yield _key(name, decision), decision


def _key(shadow: str | None, decision: Decision) -> Key:
    return (shadow or "", decision.trial, decision.attempt, decision.step)
