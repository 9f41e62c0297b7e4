"""What a file is, told by its first bytes."""

from __future__ import annotations

LOOKED_AT = 4096
"""So many bytes tell it."""
_SQLITE = b"SQLite format 3\x00"


def is_optuna(start: bytes) -> bool:
    """Whether a file may be a storage of Optuna: a database of SQLite, or a journal's file."""
    return start.startswith(_SQLITE) or (start.startswith(b"{") and b'"op_code"' in start)
