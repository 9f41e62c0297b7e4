"""Observations, decisions and ends of trials, durably."""

from __future__ import annotations

from espalier.store.export import lines, list_studies, read_log
from espalier.store.group_commit import StoreObserver
from espalier.store.opening import open_store
from espalier.store.pages import Arrived
from espalier.store.rest import figures_row
from espalier.store.rows import (
    Batch,
    Head,
    Log,
    StoredChange,
    StoredDecision,
    StoredEnd,
    StoredObservation,
    StudyRow,
    change_row,
    decision_row,
    end_row,
    finite_or_none,
    settings_text,
    sighting_row,
)
from espalier.store.store import KEEP_CLOSED, Store
from espalier.store.summary import summary_text

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
    "StudyRow",
    "change_row",
    "decision_row",
    "end_row",
    "figures_row",
    "finite_or_none",
    "lines",
    "list_studies",
    "open_store",
    "read_log",
    "settings_text",
    "sighting_row",
    "summary_text",
]
