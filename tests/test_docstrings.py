"""What may be raised, and what a field holds, is said where it is declared."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
Function = ast.FunctionDef | ast.AsyncFunctionDef
UNSAID = {"AssertionError", "NotImplementedError"}
"""Raised for who changes the code, not for who calls it."""


def trees() -> Iterator[tuple[str, ast.Module]]:
    for root in (ROOT / "operator/espalier", ROOT / "sidecar/espalier_sidecar"):
        for file in sorted(root.rglob("*.py")):
            if "versions" not in file.parts:
                yield str(file.relative_to(ROOT)), ast.parse(file.read_text(encoding="utf-8"))


def public(body: list[ast.stmt], of: str = "") -> Iterator[tuple[str, Function]]:
    """Yield the functions and methods that others may call; commands end in words, not errors."""
    for node in body:
        if getattr(node, "name", "_").startswith("_"):
            continue
        if isinstance(node, ast.ClassDef):
            yield from public(node.body, f"{node.name}.")
        elif isinstance(node, Function) and "click." not in str(
            [ast.unparse(each) for each in node.decorator_list]
        ):
            yield f"{of}{node.name}", node


def raised(function: Function) -> Iterator[str]:
    """Yield what a function itself raises anew."""
    left: list[ast.AST] = list(function.body)
    while left:
        node = left.pop()
        if isinstance(node, Function | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.Raise) and node.exc is not None:
            yield ast.unparse(node.exc).partition("(")[0]
        left += ast.iter_child_nodes(node)


def test_a_public_function_that_raises_says_so() -> None:
    silent = [
        f"{file}: {name}"
        for file, tree in trees()
        for name, function in public(tree.body)
        if set(raised(function)) - UNSAID
        and not re.search(r"\b[Rr]aises?\b", ast.get_docstring(function) or "")
    ]
    assert silent == []


def is_record(node: ast.stmt) -> bool:
    """Whether it is a public class whose fields are what it is."""
    if not isinstance(node, ast.ClassDef) or node.name.startswith("_"):
        return False
    said = [ast.unparse(each) for each in (*node.decorator_list, *node.bases)]
    return any("dataclass" in each or each == "NamedTuple" for each in said)


def unsaid(record: ast.ClassDef) -> list[str]:
    """Return the fields of which neither the class nor a line below them says anything."""
    said = ast.get_docstring(record) or ""
    found = []
    for node, below in zip(record.body, [*record.body[1:], None], strict=True):
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        told = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
        name = node.target.id
        if not told and not re.search(rf"\b{name}\b", said) and "ClassVar" not in ast.unparse(node):
            found.append(name)
    return found


def test_a_record_of_several_fields_says_what_each_of_them_holds() -> None:
    """Where three or more need no words, the names of the class and of its fields say all."""
    found = {
        f"{file}: {record.name}": fields
        for file, tree in trees()
        for record in tree.body
        if is_record(record) and len(fields := unsaid(record)) > 2
    }
    assert found == {}
