"""Which template a trial ran: told by what the template says, not by how often its Study changed.

``metadata.generation`` would not do: ``kubectl scale`` and ``spec.suspend`` count it up too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def fingerprint(template: Mapping[str, Any]) -> int:
    """Return a number of 56 bits that only this template has."""
    text = json.dumps(template, sort_keys=True, separators=(",", ":"))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big")
