"""The bytes of every answer; none is longer than a few hundred."""

from __future__ import annotations

import json
import math
from json.encoder import encode_basestring_ascii

from aiohttp import web

from espalier.engine.reports.submission import Acknowledgement
from espalier.errors import ReportError, RetryLater

_LONGEST_MESSAGE = 400
_JSON = "application/json"


def accepted(answer: Acknowledgement) -> web.Response:
    """Return 200: the values are durable, and so is the decision."""
    decision = answer.decision
    if decision is None:
        action, reason, step = "Keep", "NotJudged", answer.step
        message = "Kept: no value of this trial has been judged."
    else:
        action, reason, step = decision.action.value, decision.reason.value, decision.step
        message = decision.sentence()[:_LONGEST_MESSAGE]
    # As json.dumps would have it, in a third of the time.
    body = (
        f'{{"accepted":{answer.accepted},"repeated":{answer.repeated},"decision":'
        f'{{"action":"{action}","reason":"{reason}",'
        f'"message":{encode_basestring_ascii(message)},"step":{step}}}}}'
    )
    return web.Response(body=body.encode(), content_type=_JSON)


def heard(collectors: int) -> web.Response:
    """Return 200: what was said of so many collectors is known, until something else is said."""
    return web.Response(body=f'{{"heard":{collectors}}}'.encode(), content_type=_JSON)


def kept(count: int) -> web.Response:
    """Return 200: so many characters of what a trainer printed are kept."""
    return web.Response(body=f'{{"kept":{count}}}'.encode(), content_type=_JSON)


def refused(error: ReportError) -> web.Response:
    """Return 4xx: nothing was stored."""
    said: dict[str, object] = {"code": error.code, "message": error.message[:_LONGEST_MESSAGE]}
    if error.index is not None:
        said["index"] = error.index
    return _error(error.status, said, error.after)


def later(error: RetryLater) -> web.Response:
    """Return 503: it is not certain that anything was stored."""
    said = {"code": "RetryLater", "message": error.message[:_LONGEST_MESSAGE]}
    return _error(503, said, error.after or 1.0)


def malformed(why: str) -> web.Response:
    """Return 400 to what is no HTTP request, and close the connection."""
    said = {"code": "BadRequest", "message": f"expected HTTP/1.1; {why[:120]!a}"}
    response = _error(400, said, None)
    response.force_close()
    return response


def failed() -> web.Response:
    """Return 500: our bug; nothing about it for those outside."""
    said = {"code": "InternalError", "message": "a bug of Espalier's; see the operator's log"}
    return _error(500, said, 5.0)


def _error(
    status: int, said: dict[str, object] | dict[str, str], after: float | None
) -> web.Response:
    headers = {} if after is None else {"Retry-After": str(max(1, math.ceil(after)))}
    body = json.dumps({"error": said}).encode()
    return web.Response(status=status, body=body, content_type=_JSON, headers=headers)
