"""What the operator tells the sidecar, through its environment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from espalier_sidecar.collectors.file import JsonLinesFile
from espalier_sidecar.collectors.table import Chosen, chosen
from espalier_sidecar.errors import BadEnvironment
from espalier_sidecar.heard import FIRST_SECONDS
from espalier_sidecar.last_words import MAX_BYTES
from espalier_sidecar.text import clip

REPORT_FILE = "reports.jsonl"
"""The file in the shared volume that is followed in every study."""


class Settings(NamedTuple):
    """The sidecar's environment, checked."""

    ingest_url: str
    """Where values are posted, without a slash at its end: `https://...`."""
    ca_pem: str
    """The certificate authority that is trusted there, as PEM."""
    token_file: str
    """Path of the service account token that each post carries."""
    trial: str
    """The trial, as `namespace/name`."""
    metric: str
    """The study's metric: that of values which come without a name."""
    collectors: tuple[Chosen, ...]
    """What is collected from: the report file always, then what the study's collectors name."""
    parameters: Mapping[str, Any]
    """The trial's parameters, in their own types."""
    port: int
    """The port on 127.0.0.1 that the trainer posts to."""
    directory: str
    """Path at which the volume that trainer and sidecar share is mounted."""
    termination_log: str
    """Path of the container's termination message."""
    last_words_bytes: int
    """How long that message may be."""
    spool_bytes: int
    """How many bytes of values may wait for the operator; more drop the oldest."""
    drain_seconds: float
    """How long values are read and delivered after SIGTERM."""
    output_bytes: int
    """How many bytes of the end of what the trainer prints the operator is told; 0: none."""
    heard_seconds: float
    """After how long the operator is told what was heard, where no value has come."""


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Check the environment.

    Raises
    ------
    BadEnvironment
        If it cannot be used; the message names the variable, or the field of the Study.
    """
    directory = environ.get("ESPALIER_DIRECTORY", "/espalier")
    url = _needed(environ, "ESPALIER_INGEST_URL")
    if not url.startswith("https://"):
        raise BadEnvironment(f"ESPALIER_INGEST_URL: expected https://...; came {url!r}")
    report_file = Chosen("File", JsonLinesFile(f"{directory}/{REPORT_FILE}"), {}, None)
    named = _collectors(environ.get("ESPALIER_COLLECTORS") or "[]")
    return Settings(
        ingest_url=url.rstrip("/"),
        ca_pem=_needed(environ, "ESPALIER_CA_PEM"),
        token_file=environ.get("ESPALIER_TOKEN_FILE", "/var/run/secrets/espalier/token"),
        trial=_needed(environ, "ESPALIER_TRIAL"),
        metric=_needed(environ, "ESPALIER_METRIC"),
        collectors=(report_file, *(each for each in named if each != report_file)),
        parameters=_object(environ, "ESPALIER_PARAMETERS"),
        port=int(_number(environ, "ESPALIER_PORT", 9321)),
        directory=directory,
        termination_log=environ.get("ESPALIER_TERMINATION_LOG", "/dev/termination-log"),
        last_words_bytes=int(_number(environ, "ESPALIER_LAST_WORDS_BYTES", MAX_BYTES)),
        spool_bytes=int(_number(environ, "ESPALIER_SPOOL_BYTES", 16 * 2**20)),
        drain_seconds=_number(environ, "ESPALIER_DRAIN_SECONDS", 3.0),
        output_bytes=int(_number(environ, "ESPALIER_OUTPUT_BYTES", 0)),
        heard_seconds=_number(environ, "ESPALIER_HEARD_SECONDS", FIRST_SECONDS),
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


def _object(environ: Mapping[str, str], name: str) -> dict[str, Any]:
    text = environ.get(name) or "{}"
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BadEnvironment(f"{name}: expected an object as JSON; came {clip(text)}")
    return found


def _collectors(text: str) -> list[Chosen]:
    """Return what the study's collectors add to posts and report file, each once."""
    try:
        found = json.loads(text)
        if not isinstance(found, list):
            raise TypeError
        every = [each for collector in found for each in chosen(collector)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadEnvironment(
            f"ESPALIER_COLLECTORS: expected the study's collectors as JSON; came {clip(text)}"
        ) from error
    return [each for index, each in enumerate(every) if each not in every[:index]]
