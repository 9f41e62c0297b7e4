"""What is wrong with the studies of a file: all of it at once, with its lines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from espalier.api.base import API_VERSION
from espalier.api.parse import parse_profile, study_faults
from espalier.cli.written.documents import Document, read_documents
from espalier.errors import SpecError

STUDY, PROFILE = "Study", "PrunerProfile"
_NAME = re.compile(r"[a-z0-9][-a-z0-9.]*")
"""Of a Study; what else holds of it the rules say."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong.

    Parameters
    ----------
    line
        Where, from 1; 0 where that cannot be said.
    field, message
        Which field, and what was expected of it, what came, what to do.
    """

    line: int
    field: str
    message: str

    def words(self, file: str) -> str:
        """Say it in one line, as compilers do."""
        place = f"{file}:{self.line}" if self.line else file
        return (
            f"{place}: {self.field}: {self.message}" if self.field else f"{place}: {self.message}"
        )


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in a file.

    Parameters
    ----------
    studies
        The Studies that are as they should be as far as can be told without a cluster.
    others
        What kinds of other objects there are, which are not checked.
    faults
        What is wrong.
    """

    studies: tuple[Document, ...]
    others: tuple[str, ...]
    faults: tuple[Fault, ...]


def check_text(text: str) -> Checked:
    """Check all documents of a file; whatever it holds, nothing is raised."""
    try:
        documents = read_documents(text)
    except SpecError as error:
        return Checked((), (), (Fault(0, error.field, error.message),))
    studies: list[Document] = []
    others: list[str] = []
    faults: list[Fault] = []
    if not documents:
        faults.append(Fault(0, "", "expected a Study, got nothing; `espalier init` begins one"))
    for document in documents:
        kind = document.value.get("kind") if isinstance(document.value, Mapping) else None
        found = _faults(document, kind)
        if found is None:
            others.append(str(kind))
            continue
        faults += found
        if kind == STUDY and not found:
            studies.append(document)
    return Checked(tuple(studies), tuple(others), tuple(faults))


def _faults(document: Document, kind: object) -> list[Fault] | None:
    """Return what is wrong with a document; None where it is an object of somebody else's."""
    value: Any = document.value
    if not isinstance(value, Mapping):
        return [Fault(document.line(""), "", "expected an object, such as a Study; got none")]
    version = value.get("apiVersion")
    ours = isinstance(version, str) and version.split("/")[0] == API_VERSION.split("/")[0]
    if kind not in (STUDY, PROFILE) and not ours and isinstance(kind, str):
        return None
    twice = [
        Fault(line, "", f"expected each key once, got {name!r} again; the last one would count")
        for line, name in document.twice()
    ]
    if kind == PROFILE:
        try:
            parse_profile(value)
        except SpecError as error:
            return [*twice, _fault(document, error)]
        return twice
    if kind != STUDY:
        return [
            Fault(document.line("kind"), "kind", f"expected {STUDY} or {PROFILE}, got {kind!r}")
        ]
    named = (value.get("metadata") or {}) if isinstance(value.get("metadata"), Mapping) else {}
    name = named.get("name") or named.get("generateName")
    misnamed = Fault(
        document.line("metadata.name"),
        "metadata.name",
        f"expected small letters, digits and -, got {'nothing' if name is None else repr(name)}; "
        "give the Study such a name",
    )
    return [
        *twice,
        *([] if isinstance(name, str) and _NAME.fullmatch(name) else [misnamed]),
        *(_fault(document, error) for error in study_faults(value)),
    ]


def _fault(document: Document, error: SpecError) -> Fault:
    return Fault(document.line(error.field), error.field, error.message)
