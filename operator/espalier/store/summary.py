"""What a judge had to say when all trials of its study had ended, as the store keeps it."""

from __future__ import annotations

import json
from dataclasses import asdict

from espalier.pruning import JudgeSummary, ShadowSummary


def summary_text(summary: JudgeSummary) -> str:
    """Return a summary as the `studies` table keeps it."""
    return json.dumps(asdict(summary), separators=(",", ":"))


def summary_of(text: str | None) -> JudgeSummary | None:
    """Restore a summary; None where none is, or another version wrote it otherwise."""
    try:
        fields = json.loads(text or "")
        shadows = tuple(ShadowSummary(**each) for each in fields.pop("shadows"))
        return JudgeSummary(**fields, shadows=shadows)
    except (TypeError, KeyError, ValueError, AttributeError):
        return None
