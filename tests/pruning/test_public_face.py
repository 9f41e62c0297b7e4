"""What authors of pruners import is all in `espalier.pruning`."""

from __future__ import annotations

import re
from pathlib import Path

import espalier.pruning
from espalier.pruning.pruners.composition import Composite
from espalier.pruning.pruners.registry import BUILT_IN

HOW_TO = Path(__file__).resolve().parents[2] / "docs/how-to/write-a-pruner.md"
FOR_AUTHORS = {
    "Action", "AllOf", "AnyOf", "Comparing", "Curve", "Decision", "Derived", "Direction", "Gated",
    "JudgesOthers", "Ledger", "NeedsVotes", "OwnValue", "Pruner", "PrunerContract", "Reason",
    "Report", "RiskBearing", "Scheduled", "SettingsError", "StatesRisk", "TrialState",
}  # fmt: skip


def test_what_an_author_needs_is_offered() -> None:
    assert set(espalier.pruning.__all__) >= FOR_AUTHORS


def test_all_that_is_offered_is_there_once() -> None:
    offered = espalier.pruning.__all__
    assert len(set(offered)) == len(offered)
    assert all(hasattr(espalier.pruning, name) for name in offered)


def test_every_built_in_pruner_is_offered_under_its_own_name() -> None:
    for kind in BUILT_IN.values():
        assert kind.__name__ == kind.name
        assert getattr(espalier.pruning, kind.name) is kind
        assert kind.name in espalier.pruning.__all__


def test_a_composite_is_not_called_as_the_type_of_anything() -> None:
    assert {kind.__name__ for kind in Composite.__subclasses__()} == {"AnyOf", "AllOf"}
    assert {kind.name for kind in Composite.__subclasses__()} == {"Any", "All"}


def test_the_how_to_imports_from_nowhere_else() -> None:
    imported = re.findall(r"^from (espalier[\w.]*) import", HOW_TO.read_text(), re.MULTILINE)
    assert imported
    assert set(imported) == {"espalier.pruning"}
