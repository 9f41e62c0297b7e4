"""What the docstring of a class of settings says of it and of its fields."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields

from espalier.declared.names import camel

_SECTION = "\nParameters\n"


def summary(kind: type) -> str:
    """Return what a class says of itself, with the names that a Study has for settings."""
    return in_studys_names((inspect.getdoc(kind) or "").partition(_SECTION)[0].strip())


def first_sentence(kind: type) -> str:
    """Return the first sentence of what a class says of itself, without its full stop."""
    return summary(kind).partition("\n\n")[0].replace("\n", " ").removesuffix(".")


def meanings(kind: type) -> dict[str, str]:
    """Return what the docstrings of a dataclass and its bases say of each field, by its name.

    What a class says of a field that it inherits stands in place of its base's words.
    """
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        name = ""
        _, _, parameters = inspect.cleandoc(base.__doc__ or "").partition(_SECTION)
        for line in parameters.splitlines()[1:]:
            if line and not line.startswith(" "):
                names = [part.partition(":")[0].strip() for part in line.split(",")]
                name = names[0]
                found.update(dict.fromkeys(names, ""))
            elif line.strip() and name:
                found[name] = f"{found[name]} {line.strip()}".strip()
    known = {field.name for field in fields(kind)}
    return {name: in_studys_names(text) for name, text in found.items() if name in known}


def plain(text: str) -> str:
    """Return words without the marks of Markdown, for `kubectl explain`."""
    return " ".join(text.replace("`", "").split())


def in_studys_names(text: str) -> str:
    """Return words in which settings have the names that they have in a Study."""
    text = text.replace("``", "`")
    return re.sub(r"`([a-z]+(?:_[a-z]+)+)`", lambda match: f"`{camel(match[1])}`", text)
