"""The HTTPS server that sidecars post their values to."""

from espalier.ingest.certificates import (
    Authority,
    issue_leaf,
    kept_authority,
    make_authority,
    server_context,
    show,
)
from espalier.ingest.parse import parse_report
from espalier.ingest.reviews import Review, Reviews
from espalier.ingest.server import PATH, Ingest, IngestObserver, Limits, Resolve

__all__ = [
    "PATH",
    "Authority",
    "Ingest",
    "IngestObserver",
    "Limits",
    "Resolve",
    "Review",
    "Reviews",
    "issue_leaf",
    "kept_authority",
    "make_authority",
    "parse_report",
    "server_context",
    "show",
]
