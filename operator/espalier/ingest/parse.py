"""From the bytes of a post to a checked batch: a pure function, for anything that anyone sends."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from espalier.engine.reports.heard import HeardMessage, checked_heard
from espalier.engine.reports.kept_output import OutputMessage, cleaned
from espalier.engine.reports.submission import (
    MOST_REPORTS,
    CheckedBatch,
    CheckedReport,
    checked,
    shown,
)
from espalier.errors import ReportError

LARGEST_BODY = 64 * 1024
_LONGEST_TRIAL = 63 + 1 + 253
_REPORT = {"metric", "step", "value", "diverged"}
_BATCH = {"trial", "reports", "final"}
_HEARD = {"trial", "heard"}
_OUTPUT = {"trial", "text", "cut"}
LARGEST_HEARD = 16 * 1024
LARGEST_OUTPUT = 128 * 1024


def parse_report(body: bytes) -> CheckedBatch:
    """Check the body of a post.

    Parameters
    ----------
    body : bytes
        UTF-8 JSON, see docs/reference/ingest-protocol.md.

    Raises
    ------
    ReportError
        400 if it is not the JSON object that is expected, 413 if it is too large, 422 if a value
        in it is out of bounds; with what was expected, what came, and the report's position.
    """
    message = _message(body, _BATCH, "trial, reports and final")
    return CheckedBatch(_trial(message), _reports(message), _final(message))


def parse_heard(body: bytes) -> HeardMessage:
    """Check the body of a post that says how a sidecar's collectors are.

    Raises
    ------
    ReportError
        As of `parse_report`.
    """
    if len(body) > LARGEST_HEARD:
        raise too_large(len(body), LARGEST_HEARD, "shorter texts")
    message = _message(body, _HEARD, "trial and heard")
    return HeardMessage(_trial(message), checked_heard(message.get("heard")))


def parse_output(body: bytes) -> OutputMessage:
    """Check the body of a post that says what a trainer printed last.

    Raises
    ------
    ReportError
        As of `parse_report`.
    """
    message = _message(body, _OUTPUT, "trial, text and cut", LARGEST_OUTPUT)
    text, cut = message.get("text"), message.get("cut", False)
    if type(text) is not str or type(cut) is not bool:
        raise _bad_body(f"expected text as a text and cut as true or false; came {shown(message)}")
    return OutputMessage(_trial(message), cleaned(text), cut)


def _message(body: bytes, keys: set[str], said: str, most: int = LARGEST_BODY) -> dict[str, Any]:
    if len(body) > most:
        raise too_large(len(body), most)
    try:
        message = _DECODER.decode(body.decode())
    except ReportError:
        raise
    except RecursionError:
        raise _bad_body("expected JSON nested 3 deep; came one far deeper") from None
    except ValueError as error:
        # Not UTF-8, not JSON, or an integer of thousands of digits.
        raise _bad_body(f"expected JSON in UTF-8; {str(error)[:120]!a}") from None
    if type(message) is not dict:
        raise _bad_body(f"expected an object with {said}; came {shown(message)}")
    if not message.keys() <= keys:
        raise _bad_body(f"expected {said}; came {_extra(message, keys)} too")
    return message


def too_large(
    came: int | None = None, most: int = LARGEST_BODY, remedy: str = "fewer reports a post"
) -> ReportError:
    """Return the error for a body above the limit, of a length that may not be known."""
    length = "more" if came is None else f"{came}"
    return ReportError(
        "TooLarge",
        f"expected at most {most} bytes; came {length}; send {remedy}",
        status=413,
    )


def _trial(message: dict[str, Any]) -> str:
    trial = message.get("trial")
    if type(trial) is not str or not 3 <= len(trial) <= _LONGEST_TRIAL:
        raise _bad_body(f"expected trial as <namespace>/<name>; came {shown(trial)}")
    return trial


def _final(message: dict[str, Any]) -> bool:
    final = message.get("final", False)
    if type(final) is not bool:
        raise _bad_body(f"expected final as true or false; came {shown(final)}")
    return final


def _reports(message: dict[str, Any]) -> tuple[CheckedReport, ...]:
    reports = message.get("reports")
    if type(reports) is not list:
        raise _bad_body(f"expected reports as a list; came {shown(reports)}")
    if not reports:
        raise ReportError(
            "NoReports", f"expected 1 to {MOST_REPORTS} reports; came none", status=422
        )
    if len(reports) > MOST_REPORTS:
        raise ReportError(
            "TooLarge",
            f"expected at most {MOST_REPORTS} reports; came {len(reports)}; send fewer a post",
            status=413,
        )
    return tuple([_report(report, index) for index, report in enumerate(reports)])


def _report(report: Any, index: int) -> CheckedReport:
    if type(report) is not dict:
        raise ReportError(
            "BadReport",
            f"expected an object with metric, step and value; came {shown(report)}",
            status=422,
            index=index,
        )
    if not report.keys() <= _REPORT:
        raise ReportError(
            "BadReport",
            f"expected metric, step, value and diverged; came {_extra(report, _REPORT)} too",
            status=422,
            index=index,
        )
    value = report.get("value")
    if "diverged" in report:
        if report["diverged"] is not True or "value" in report:
            raise _bad_value("expected value or diverged: true; came both or another", index)
        value = None
    elif value is None:
        raise _bad_value("expected value or diverged: true; came neither", index)
    return checked(report.get("metric"), report.get("step"), value, index)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Of two equal keys, parsers disagree on which one counts (RFC 8259, section 4).
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _bad_body("expected each key once; came one twice in the same object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise _bad_body(f"expected JSON; {name} is none: send diverged: true")


def _extra(came: dict[str, Any], known: set[str]) -> str:
    return shown(min(came.keys() - known))


def _bad_body(message: str) -> ReportError:
    return ReportError("BadBody", message, status=400)


def _bad_value(message: str, index: int) -> ReportError:
    return ReportError("BadValue", message, status=422, index=index)


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)
