"""What a judge had to say when all trials of its study had ended, as the store keeps it."""

from __future__ import annotations

import json
from dataclasses import asdict, fields

from espalier.pruning import JudgeSummary, Leader, ShadowSummary

_FIELDS = frozenset(field.name for field in fields(JudgeSummary))


def summary_text(summary: JudgeSummary) -> str:
    """Return a summary as the `studies` table keeps it."""
    return json.dumps(asdict(summary), separators=(",", ":"))


def summary_of(text: str | None) -> JudgeSummary | None:
    """Restore a summary; None where none is, or where it lacks what this version tells."""
    try:
        told = json.loads(text or "")
        shadows = tuple(ShadowSummary(**each) for each in told.pop("shadows"))
        leaders = tuple(Leader(**each) for each in told.pop("leaders", ()))
        # What earlier versions told besides is of no use to anybody.
        known = {name: value for name, value in told.items() if name in _FIELDS}
        return JudgeSummary(**known, shadows=shadows, leaders=leaders)
    except (TypeError, KeyError, ValueError, AttributeError):
        return None
