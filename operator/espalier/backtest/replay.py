"""A recorded study's decisions, recomputed from its exported log and compared."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from espalier.api.judging import JudgeSettings, judge_of
from espalier.errors import UsageError
from espalier.pruning import (
    Decision,
    Judge,
    Report,
    Restraint,
    TrialState,
    Verdict,
    close_trial,
    verdict_of,
)

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
        """Return plain JSON values."""
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

    Rows are taken one by one, so that a log of any length can be replayed.

    Raises
    ------
    UsageError
        If the log does not begin with its study or is not in the order of arrival, or the study's
        judge cannot be built.
    """
    rows = iter(rows)
    head = next(rows, {})
    if head.get("kind") != "study":
        raise UsageError(name, "expected a log of `espalier export`, which begins with its study")
    settings = JudgeSettings.from_dict(head["settings"], str(head["uid"]))
    judge = judge_of(settings)
    differences: list[Difference] = []
    # What the judge decided on the newest value; the recorded decisions on it come next.
    open_: dict[Key, Decision] = {}
    decisions, seq = 0, -math.inf
    for row in rows:
        if row["kind"] == "decision":
            decisions += 1
            recorded = _recorded(row, name)
            key = _key(row["shadow"], recorded)
            recomputed = open_.pop(key, None)
            if not recorded.same_as(recomputed):
                differences.append(Difference(key, recorded, recomputed))
        elif row["kind"] in ("observation", "end", "change"):
            differences += [Difference(key, None, each) for key, each in open_.items()]
            if row["seq"] < seq:
                raise UsageError(
                    name,
                    f"expected a log in the order of arrival, got seq {row['seq']} after {seq}; "
                    "export it again",
                )
            seq = row["seq"]
            open_ = dict(_arrived(judge, row))
    differences += [Difference(key, None, each) for key, each in open_.items()]
    differences.sort(key=lambda difference: difference.key)
    return Replay(decisions, tuple(differences))


def _recorded(row: Mapping[str, Any], name: str) -> Decision:
    try:
        return Decision.from_dict(row)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            name, f"expected decisions as they are exported, got one without {error}; export again"
        ) from error


def _arrived(judge: Judge, row: Mapping[str, Any]) -> Iterable[tuple[Key, Decision]]:
    """Feed one value, end or change to the judge; return what it decided."""
    if row["kind"] == "change":
        judge.restrain(Restraint.from_dict(row))
        return ()
    if row["kind"] == "end":
        close_trial(judge, row["trial"], TrialState(row["state"]), row["at"])
        return ()
    if not judge.ledger.terms.judges(row["metric"], row["step"]):
        return ()
    value = math.nan if row["value"] is None else float(row["value"])
    report = Report(row["trial"], row["attempt"], row["step"], value)
    verdict = verdict_of(judge, report, row["at"])
    return () if verdict is None else _decisions(verdict)


def _decisions(verdict: Verdict) -> Iterable[tuple[Key, Decision]]:
    for decision in verdict.decisions:
        yield _key(None, decision), decision
    for name, decision in verdict.shadows:
        yield _key(name, decision), decision


def _key(shadow: str | None, decision: Decision) -> Key:
    return (shadow or "", decision.trial, decision.attempt, decision.step)
