"""The page on pruning that begins with earlier studies: what it asks for and what it tells."""

from __future__ import annotations

import yaml

from espalier.api import parse_study
from espalier.api.judging import settings_of
from espalier.api.warm_start import MOST_STUDIES
from espalier.engine.control.warm_starts import AGAIN
from espalier.planning.earlier_curves import found_in
from espalier.planning.proposing.taking_over import SourceStudy, SourceTrial
from espalier.planning.world.pruner_lookup import pruner_lookup_of
from espalier.pruning import Direction, Judge, Report, Terms
from espalier.pruning.pruners.auto.prior import Prior
from espalier.pruning.pruners.auto.pruner import Auto
from espalier.search import Outcome
from tests.docs.test_examples import ROOT, blocks

PAGE = "docs/how-to/prune-with-earlier-studies.md"
TEXT = (ROOT / PAGE).read_text(encoding="utf-8")


def study() -> dict:
    (text,) = [text for page, text in blocks("yaml") if page == PAGE]
    return yaml.safe_load(text) | {"metadata": {"name": "s", "namespace": "n", "uid": "u"}}


def test_the_pages_study_asks_for_what_the_page_says():
    parsed = parse_study(study())
    wanted = pruner_lookup_of(parsed.spec)
    assert wanted is not None
    (source,) = wanted.prior.studies
    assert source.selector is not None
    assert source.selector.selects({"task": "digits"})
    assert settings_of(parsed).found == {}
    assert f"up to {MOST_STUDIES} entries" in TEXT
    assert f"again every {AGAIN:.0f} seconds" in TEXT


def test_every_number_of_the_pages_table_is_in_a_decision():
    wanted = pruner_lookup_of(parse_study(study()).spec)
    assert wanted is not None
    steps = tuple(range(1, wanted.horizon + 1))
    trials = [
        SourceTrial(n, {}, Outcome.COMPLETED, steps, (float(n),) * len(steps)) for n in range(9)
    ]
    source = SourceStudy("", "Study", "old", "u", "accuracy", Direction.MAXIMIZE, 20, trials)
    prior = Prior.from_dict(found_in(wanted, [source])["prior"])
    judge = Judge(Auto(prior=prior), Terms(Direction.MAXIMIZE, wanted.horizon, trials=24))
    decision = judge.report(Report(0, 1, 10, 5.0), 0.0).decision
    assert decision is not None
    told = {name for name in decision.evidence if name.startswith("earlier")}
    assert told == {line.split("`")[1] for line in TEXT.splitlines() if line.startswith("| `")}
