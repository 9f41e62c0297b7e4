"""Observations, decisions and ends of trials, durably."""

from __future__ import annotations

from espalier.store.batch import Batch, made_bytes
from espalier.store.group_commit import StoreObserver
from espalier.store.rest import figures_row
from espalier.store.rows import (
    change_row,
    decision_row,
    earlier_rows,
    end_row,
    finite_or_none,
    proposal_row,
    settings_text,
    sighting_row,
    spec_row,
    trial_row,
    warm_start_row,
)
from espalier.store.sqlite.export import list_studies, read_log
from espalier.store.sqlite.opening import open_store
from espalier.store.store import KEEP_CLOSED, Store
from espalier.store.summary import summary_text
from espalier.study_log.log import (
    Arrived,
    Head,
    Log,
    StoredChange,
    StoredDecision,
    StoredEarlier,
    StoredEnd,
    StoredObservation,
    StoredProposal,
    StoredSpec,
    StudyRow,
)
from espalier.study_log.read_lines import read_lines
from espalier.study_log.write_lines import lines

__all__ = [
    "KEEP_CLOSED",
    "Arrived",
    "Batch",
    "Head",
    "Log",
    "Store",
    "StoreObserver",
    "StoredChange",
    "StoredDecision",
    "StoredEarlier",
    "StoredEnd",
    "StoredObservation",
    "StoredProposal",
    "StoredSpec",
    "StudyRow",
    "change_row",
    "decision_row",
    "earlier_rows",
    "end_row",
    "figures_row",
    "finite_or_none",
    "lines",
    "list_studies",
    "made_bytes",
    "open_store",
    "proposal_row",
    "read_lines",
    "read_log",
    "settings_text",
    "sighting_row",
    "spec_row",
    "summary_text",
    "trial_row",
    "warm_start_row",
]
