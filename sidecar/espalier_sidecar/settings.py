"""What the operator tells the sidecar, through its environment."""

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from espalier_sidecar.errors import BadEnvironment
from espalier_sidecar.last_words import MAX_BYTES
from espalier_sidecar.text import clip


class LogSource(NamedTuple):
    """A log file, and the pattern that finds values in it."""

    path: str
    pattern: re.Pattern[str]


class Settings(NamedTuple):
    """The sidecar's environment, checked."""

    ingest_url: str
    ca_pem: str
    token_file: str
    trial: str
    metric: str
    report_files: tuple[str, ...]
    log: LogSource | None
    port: int
    directory: str
    termination_log: str
    last_words_bytes: int
    spool_bytes: int
    drain_seconds: float


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Check the environment; every complaint names the variable."""
    directory = environ.get("ESPALIER_DIRECTORY", "/espalier")
    url = _needed(environ, "ESPALIER_INGEST_URL")
    if not url.startswith("https://"):
        raise BadEnvironment(f"ESPALIER_INGEST_URL: expected https://...; came {url!r}")
    files, log = _collector(environ.get("ESPALIER_COLLECTOR") or "{}")
    own = f"{directory}/reports.jsonl"
    return Settings(
        ingest_url=url.rstrip("/"),
        ca_pem=_needed(environ, "ESPALIER_CA_PEM"),
        token_file=environ.get("ESPALIER_TOKEN_FILE", "/var/run/secrets/espalier/token"),
        trial=_needed(environ, "ESPALIER_TRIAL"),
        metric=_needed(environ, "ESPALIER_METRIC"),
        report_files=(own, *(path for path in files if path != own)),
        log=log,
        port=int(_number(environ, "ESPALIER_PORT", 9321)),
        directory=directory,
        termination_log=environ.get("ESPALIER_TERMINATION_LOG", "/dev/termination-log"),
        last_words_bytes=int(_number(environ, "ESPALIER_LAST_WORDS_BYTES", MAX_BYTES)),
        spool_bytes=int(_number(environ, "ESPALIER_SPOOL_BYTES", 16 * 2**20)),
        drain_seconds=_number(environ, "ESPALIER_DRAIN_SECONDS", 3.0),
    )


def _needed(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if not value:
        raise BadEnvironment(f"{name}: expected a value; it is not set (the operator sets it)")
    return value


def _number(environ: Mapping[str, str], name: str, default: float) -> float:
    text = environ.get(name)
    if not text:
        return default
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number < 2**40:
        raise BadEnvironment(f"{name}: expected a positive number; came {text!r}")
    return number


def _collector(text: str) -> tuple[list[str], LogSource | None]:
    """Read the study's `spec.collector`: what to follow besides the sidecar's own file."""
    try:
        collector = json.loads(text)
        kind = collector.get("type", "Local")
        if kind == "File":
            return [_text(collector["file"]["path"])], None
        if kind == "Log":
            return [], _log_source(collector["log"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadEnvironment(
            f"ESPALIER_COLLECTOR: expected the study's spec.collector as JSON; came {clip(text)}"
        ) from error
    return [], None


def _text(found: object) -> str:
    if not isinstance(found, str):
        raise TypeError
    return found


def _log_source(log: Mapping[str, str]) -> LogSource:
    try:
        pattern = re.compile(_text(log["pattern"]))
    except (re.error, OverflowError, RecursionError) as error:
        raise BadEnvironment(
            f"spec.collector.log.pattern: expected a regular expression; {error}"
        ) from error
    missing = {"step", "value"} - pattern.groupindex.keys()
    if missing:
        raise BadEnvironment(
            "spec.collector.log.pattern: expected groups (?P<step>...) and (?P<value>...); "
            f"{' and '.join(sorted(missing))} not named in {clip(log['pattern'])}"
        )
    return LogSource(_text(log["path"]), pattern)
