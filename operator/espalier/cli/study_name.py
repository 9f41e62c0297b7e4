"""How every command is told which study: NAME with -n, or NAMESPACE/NAME."""

from __future__ import annotations

import re
from dataclasses import dataclass

import click

from espalier.errors import UsageError

DEFAULT = "default"
_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAMED = re.compile(rf"(?:(?P<namespace>{_LABEL})/)?(?P<name>{_LABEL}(\.{_LABEL})*)")
_LONGEST = 253

namespace_option = click.option(
    "-n",
    "--namespace",
    help=f"Where a study is that is given by its name alone; {DEFAULT} if not given.",
)


@dataclass(frozen=True)
class StudyName:
    """A study's namespace and name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        """Return the two as they are given: NAMESPACE/NAME."""
        return f"{self.namespace}/{self.name}"


def read_study_name(
    text: str, namespace: str | None = None, default: str | None = None
) -> StudyName:
    """Read NAME or NAMESPACE/NAME.

    Parameters
    ----------
    namespace
        What was given with -n.
    default
        Where a study is if neither says so.

    Raises
    ------
    UsageError
        If it is no such name, or -n and the name say different namespaces.
    """
    if namespace is not None and not re.fullmatch(_LABEL, namespace):
        raise UsageError("--namespace", f"expected the name of a namespace, got {namespace!r}")
    found = _NAMED.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise UsageError("STUDY", f"expected NAME or NAMESPACE/NAME of a study, got {text[:80]!r}")
    own = found["namespace"]
    if own and namespace and own != namespace:
        raise UsageError("STUDY", f"expected one namespace, got {text} with -n {namespace}")
    return StudyName(own or namespace or default or DEFAULT, found["name"])
