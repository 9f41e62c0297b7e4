"""Reading the API server's answers, whatever objects are in them."""

from __future__ import annotations

import json
import re
from typing import Any

_DEEPEST = 200
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def read_json(data: bytes) -> Any:
    """Return the value of a JSON text; what lies more than 200 levels deep is read as null.

    The API server stores objects of up to 10,000 levels, at which Python's reader gives up: one
    such object would hide all others of its list.
    """
    try:
        return json.loads(data)
    except RecursionError:
        return json.loads(_cut(data))


def _cut(data: bytes) -> bytes:
    kept: list[bytes] = []
    depth, begin = 0, 0
    for token in _TOKENS.finditer(data):
        if token[0] in (b"[", b"{"):
            depth += 1
            if depth == _DEEPEST + 1:
                kept += [data[begin : token.start()], b"null"]
        elif token[0] in (b"]", b"}"):
            if depth == _DEEPEST + 1:
                begin = token.end()
            depth -= 1
    return b"".join([*kept, data[begin:]])
