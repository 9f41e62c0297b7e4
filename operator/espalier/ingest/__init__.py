"""The HTTPS server that sidecars post their values to."""

from __future__ import annotations

from espalier.ingest.certificates import (
    Authority,
    issue_leaf,
    kept_authority,
    make_authority,
    server_context,
    show,
)
from espalier.ingest.keys import Keys
from espalier.ingest.limits import Limits
from espalier.ingest.parse import parse_report
from espalier.ingest.pods import Resolve
from espalier.ingest.reviews import Review, Reviews
from espalier.ingest.server import PATH, Ingest, IngestObserver
from espalier.ingest.tokens import Tokens

__all__ = [
    "PATH",
    "Authority",
    "Ingest",
    "IngestObserver",
    "Keys",
    "Limits",
    "Resolve",
    "Review",
    "Reviews",
    "Tokens",
    "issue_leaf",
    "kept_authority",
    "make_authority",
    "parse_report",
    "server_context",
    "show",
]
