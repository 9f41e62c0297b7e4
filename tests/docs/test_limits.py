"""The page of what a tenant can take says what the code does."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
import yaml

from espalier.api.parameters import MAX_PARAMETERS
from espalier.api.scalar import MAX_TEXT
from espalier.api.study import TEMPLATE_LEVELS, TrialsSpec
from espalier.cli.limit_flags import FLAGS
from espalier.cli.run import command
from espalier.engine.control.lanes import Lanes
from espalier.engine.reports.limits import ValueLimits, setting
from espalier.engine.reports.storable import LARGEST_NUMBER
from espalier.engine.reports.submission import LARGEST_STEP, MOST_REPORTS
from espalier.ingest import Limits
from espalier.ingest.parse import LARGEST_BODY
from espalier_sidecar import last_words, limits

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/reference/limits.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith(("| what", "| ---"))
]
VALUES, INGEST = ValueLimits(), Limits()
DEFAULTS = {option.opts[0]: option.default for option in command.params}
LANES = {name: each.default for name, each in inspect.signature(Lanes).parameters.items()}
TRIALS = next(each.le for each in TrialsSpec.model_fields["max"].metadata if hasattr(each, "le"))
EXPECTED: dict[str, float] = {
    "values of a trial, of all metrics and attempts": VALUES.values_a_trial,
    "names of metrics of a trial": VALUES.metrics_a_trial,
    "values of the study's metric in a trial": VALUES.judged_steps_a_trial,
    "values of a study": VALUES.values_a_study,
    "new values of a study a second": VALUES.values_a_second,
    "share of the store's volume of a namespace": 100 * VALUES.store_share,
    "share of the operator's time for judging, of all studies": 100 * VALUES.loop_share,
    "seconds of judging of a study at once": VALUES.loop_burst,
    "seconds of judging of a post at a stretch": VALUES.slice_seconds,
    "seconds that a post waits for its study's share": VALUES.longest_wait,
    "values of a post": MOST_REPORTS,
    "bytes of a post": LARGEST_BODY,
    "largest step": LARGEST_STEP,
    "largest number of a trial": LARGEST_NUMBER,
    "trials of a study": TRIALS,
    "posts of a pod a second": INGEST.pod_rate,
    "posts of a namespace a second, whatever others do": INGEST.namespace_rate,
    "posts of all pods a second beyond those": INGEST.total_rate,
    "connections": INGEST.connections,
    "connections of an address": INGEST.connections_a_peer,
    "connections of a pod": INGEST.connections_a_pod,
    "connections without a good token of an address": INGEST.strangers_a_peer,
    "new connections of an address a second": INGEST.connection_rate,
    "seconds for a TLS handshake": INGEST.handshake_seconds,
    "different tokens of a pod at once": INGEST.token_burst,
    "TokenReviews a second": INGEST.review_rate,
    "trials of a study that run at once": DEFAULTS["--max-parallelism"],
    "bytes of a Study's template": DEFAULTS["--template-bytes"],
    "levels of a Study's template": TEMPLATE_LEVELS,
    "parameters of a Study or Trial": MAX_PARAMETERS,
    "characters of a parameter's value": MAX_TEXT,
    "requests to the API server a second": DEFAULTS["--qps"],
    "effects of a study under way at once": LANES["most_a_study"],
    "effects of all studies under way at once": LANES["most"],
    "connections of the trainer's": limits.CONNECTIONS,
    "bytes of a report's body": limits.BODY,
    "bytes of large bodies at once": limits.BODIES,
    "bytes of a followed file that are read at once": limits.CHUNK,
    "bytes of last words": last_words.MAX_BYTES,
}


def test_the_page_has_every_bound_and_no_other() -> None:
    assert [row[0] for row in ROWS] == list(EXPECTED)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_bound_is_that_of_the_code(row: list[str]) -> None:
    assert float(row[1].removesuffix(" %").replace(",", "")) == EXPECTED[row[0]]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_sets_a_bound_exists_and_has_that_default(row: list[str]) -> None:
    values = yaml.safe_load((ROOT / "charts/espalier/values.yaml").read_text())
    scale = 100 if row[1].endswith("%") else 1
    named = re.findall(r"`([^`]+)`", row[2])
    assert named or row[2] == "fixed"
    for name in named:
        if name.startswith("--"):
            assert scale * DEFAULTS[name] == EXPECTED[row[0]]
        else:
            section, key = name.split(".")
            assert scale * values[section][key] == EXPECTED[row[0]]


def test_every_flag_that_bounds_values_is_on_the_page() -> None:
    assert {setting(name) for name in FLAGS} <= set(re.findall(r"`(--[a-z-]+)`", PAGE))
