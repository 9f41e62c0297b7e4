"""Observations, decisions and ends of trials, durably."""

from __future__ import annotations

from espalier.store.batch import Batch, made_bytes
from espalier.store.export import list_studies, read_log
from espalier.store.group_commit import StoreObserver
from espalier.store.opening import open_store
from espalier.store.pages import Arrived
from espalier.store.rest import figures_row
from espalier.store.rows import (
    change_row,
    decision_row,
    end_row,
    finite_or_none,
    settings_text,
    sighting_row,
    spec_row,
    trial_row,
)
from espalier.store.store import KEEP_CLOSED, Store
from espalier.store.summary import summary_text
from espalier.study_log.lines import lines
from espalier.study_log.log import (
    Head,
    Log,
    StoredChange,
    StoredDecision,
    StoredEnd,
    StoredObservation,
    StoredSpec,
    StudyRow,
)
from espalier.study_log.read_lines import read_lines

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
    "StoredEnd",
    "StoredObservation",
    "StoredSpec",
    "StudyRow",
    "change_row",
    "decision_row",
    "end_row",
    "figures_row",
    "finite_or_none",
    "lines",
    "list_studies",
    "made_bytes",
    "open_store",
    "read_lines",
    "read_log",
    "settings_text",
    "sighting_row",
    "spec_row",
    "summary_text",
    "trial_row",
]
