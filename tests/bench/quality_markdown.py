"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Sequence


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table of these rows."""
    return "\n".join(_row(cells) for cells in [heads, ["---"] * len(heads), *rows])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
