"""YAML documents with the lines that their fields stand on, read as kubectl reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from espalier.errors import SpecError

_STEP = re.compile(r"\.?([^.\[\]]+)|\[([^\]]*)\]")
MOST_BYTES = 1 << 20
"""Bytes of a file that are read; the API server takes no larger object."""


class _Loader(yaml.SafeLoader):
    """Reads what kubectl reads: 1e-4 is a number, and a date is a text."""


_Loader.yaml_implicit_resolvers = {
    first: [each for each in resolvers if each[0] != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)[eE][-+]?[0-9]+"),
    list("-+.0123456789"),
)


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document of a file.

    Parameters
    ----------
    value
        What it says, as plain values.
    node
        Where what it says stands.
    """

    value: Any
    node: yaml.Node

    def line(self, path: str) -> int:
        """Return the line, from 1, of a field such as ``spec.parameters[2].float.min``.

        Of one that is not there it is that of the nearest above it.
        """
        node, line = self.node, self.node.start_mark.line
        for name, index in _STEP.findall(path):
            found = _below(node, name or index)
            if found is None:
                break
            line, node = found
        return int(line) + 1

    def twice(self) -> Iterator[tuple[int, str]]:
        """Yield the line and the name of each key that its object has already."""
        yield from _twice(self.node, set())


def read_documents(text: str) -> list[Document]:
    """Read a file's documents; empty ones are left out.

    Raises
    ------
    SpecError
        If it is no YAML, with the line; or more than an API server takes.
    """
    if len(text.encode()) > MOST_BYTES:
        raise SpecError("", f"expected at most {MOST_BYTES} bytes, got more; split the file")
    loader: _Loader | None = None
    found: list[Document] = []
    try:
        loader = _Loader(text)
        while loader.check_node():
            node = loader.get_node()
            if node is not None and not _refers_to_itself(node, frozenset()):
                value = loader.construct_document(node)
                found += [Document(value, node)] if value is not None else []
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = "" if mark is None else f"line {mark.line + 1}: "
        raise SpecError("", f"{line}expected YAML; {error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SpecError("", f"expected YAML; {_words(error)}") from error
    finally:
        if loader is not None:
            loader.dispose()
    return found


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or "it is nested too deep"


def _refers_to_itself(node: yaml.Node, above: frozenset[int]) -> bool:
    """Whether an alias of a node lies within it.

    Raises
    ------
    ValueError
        If it does.
    """
    if id(node) in above:
        raise ValueError("an alias refers to what it lies in; write it out")
    above |= {id(node)}
    return any(_refers_to_itself(each, above) for each in _children(node))


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _below(node: yaml.Node, name: str) -> tuple[int, yaml.Node] | None:
    """Return the line of a key or an entry, and what it holds."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == name:
                return key.start_mark.line, value
    elif isinstance(node, yaml.SequenceNode):
        if name.isdigit() and int(name) < len(node.value):
            entry = node.value[int(name)]
            return entry.start_mark.line, entry
        for entry in node.value:
            # Paths name an entry of a list by its name, too.
            found = _below(entry, "name")
            named = found is not None and isinstance(found[1], yaml.ScalarNode)
            if found is not None and named and found[1].value == name:
                return entry.start_mark.line, entry
    return None


def _twice(node: yaml.Node, looked_at: set[int]) -> Iterator[tuple[int, str]]:
    if id(node) in looked_at:
        return
    looked_at.add(id(node))
    if isinstance(node, yaml.MappingNode):
        names: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in names and key.value != "<<":
                    yield key.start_mark.line + 1, key.value
                names.add(key.value)
    for child in _children(node):
        yield from _twice(child, looked_at)
