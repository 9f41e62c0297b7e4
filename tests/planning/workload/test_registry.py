"""A kind of workload is known to the registry alone: whoever else names one has to be changed."""

import ast
import sys
from pathlib import Path

import pytest

import espalier
from espalier.errors import InternalError
from espalier.planning.workload import registry
from espalier.planning.world.kinds import Kind
from tests.planning.worlds import study

SOURCE = Path(espalier.__file__).parent
MODULES = {type(each).__module__ for each in registry.KINDS}
FILES = {Path(str(sys.modules[name].__file__)) for name in MODULES}
LITERALS = {
    text for each in registry.KINDS for text in (each.kind.group, each.kind.plural, each.kind.name)
}
STATUS_FIELD = ("status/of_trial.py", "world/ended.py", "control/kinship.py")
"""``status.jobs`` of a Trial is a field's name: it holds the uids of whatever ran it."""


def trees():
    for path in sorted(SOURCE.rglob("*.py")):
        if path not in FILES and "generate" not in path.parts:
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def test_nothing_but_the_registry_imports_a_kind():
    importers = {
        path.relative_to(SOURCE).as_posix()
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in MODULES
    }
    assert importers == {"planning/workload/registry.py"}


def test_nothing_but_a_kinds_own_file_names_its_group_plural_or_name():
    named = {
        path.relative_to(SOURCE).as_posix()
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in LITERALS
        if not path.as_posix().endswith(STATUS_FIELD)
    }
    assert named == set()


def test_what_no_kind_can_tell_of_is_an_error_of_ours():
    with pytest.raises(InternalError, match="Widget"):
        registry.of_kind(Kind("example", "v1", "widgets", "Widget"))
    assert registry.by_plural("widgets") is None
    assert registry.by_owner("apps", "Job") is None


def test_a_study_that_cannot_be_read_is_run_by_what_runs_all_that_ask_for_nothing():
    last = registry.KINDS[-1]
    assert registry.kind_of(None) is last
    assert registry.kind_of(study().spec) is last
