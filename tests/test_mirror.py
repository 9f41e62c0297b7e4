"""Where is X tested? At the mirrored path, or where one short table says for X's whole room.

`operator/espalier/engine/reports/shelf.py` is tested by `tests/engine/reports/test_shelf.py`. What
has no file of its own is an inner part of its room, and tested through it by what `THROUGH` lists;
which the listed tests must be able to reach. Folders that mirror nothing test behaviour from
outside: chart, docs, e2e, integration, kueue, bench.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"
SOURCES = {"": ROOT / "operator/espalier", "sidecar": ROOT / "sidecar/espalier_sidecar"}
FROM_OUTSIDE = {"bench", "chart", "docs", "e2e", "integration", "kueue", "tools"}

THROUGH: dict[str, tuple[str, ...]] = {
    "": ("engine/control/test_clock_jumps.py",),
    "api": ("api/test_parse.py", "generate/test_structural_schema.py"),
    "api/checks": ("api/test_parse.py", "api/test_collector.py"),
    "backtest": ("backtest/test_simulate.py", "backtest/test_replay.py", "cli/test_backtest.py"),
    "backtest/recommend": ("backtest/recommend/test_recommendation.py", "cli/test_recommend.py"),
    "cli": ("cli/test_boundary.py", "cli/test_backtest.py", "cli/test_run.py"),
    "cli/asking": (
        "cli/test_status.py",
        "cli/test_completion.py",
        "cli/asking/test_source.py",
        "cli/test_explain.py",
    ),
    "cli/explaining": ("cli/test_explain.py",),
    "cli/showing": ("cli/test_status.py", "cli/test_trials.py", "cli/test_curves.py"),
    "cli/collecting": ("cli/test_collect.py",),
    "cli/exporting": ("cli/test_export.py",),
    "engine/control": (
        "engine/test_fuzzed_runs.py",
        "engine/control/test_ownership.py",
        "engine/control/test_refusals.py",
        "integration/test_watches.py",
    ),
    "engine/reports": ("engine/reports/test_live_law.py", "engine/reports/test_slices.py"),
    "generate": ("generate/test_files.py",),
    "ingest": ("ingest/test_server.py", "ingest/test_connections.py"),
    "kube": (
        "cli/asking/test_options.py",
        "integration/test_leases.py",
        "integration/test_operators_token.py",
    ),
    "metrics": ("metrics/test_observer.py", "metrics/test_declared.py"),
    "pictures": ("cli/test_curves.py",),
    "planning": ("planning/test_laws.py", "planning/test_plan.py"),
    "planning/attempts": ("planning/endings/test_of_trial.py",),
    "planning/costs": ("planning/costs/test_savings_truth.py", "engine/test_usage_law.py"),
    "planning/endings": ("planning/endings/test_ending_laws.py", "planning/test_plan.py"),
    "planning/obstacles": ("planning/obstacles/test_stuck_worlds.py",),
    "planning/standing": ("planning/test_trial_plan.py", "planning/test_laws.py"),
    "planning/status": ("planning/test_plan.py", "planning/test_laws.py"),
    "planning/workload": ("planning/workload/test_template_shapes.py",),
    "planning/world": (
        "planning/world/test_observe.py",
        "planning/test_laws.py",
        "engine/test_fuzzed_runs.py",
    ),
    "process": ("cli/test_run.py", "integration/test_watches.py"),
    "read_api": ("read_api/test_server.py",),
    "views": ("read_api/test_server.py",),
    "views/explaining": (
        "views/explaining/test_of_trial.py",
        "views/explaining/test_of_study.py",
        "views/explaining/test_difference.py",
    ),
    "pruning": ("pruning/test_laws.py", "pruning/test_terms.py"),
    "pruning/decisions": ("pruning/decisions/test_decision.py",),
    "pruning/history": ("pruning/test_laws.py", "pruning/test_parity_with_optuna.py"),
    "pruning/oversight": ("pruning/test_laws.py", "pruning/oversight/test_shadow.py"),
    "pruning/pruners": (
        "pruning/test_names_are_true.py",
        "pruning/test_parity_with_optuna.py",
        "pruning/pruners/test_common_settings.py",
        "pruning/pruners/test_spec.py",
    ),
    "pruning/pruners/posterior": ("pruning/pruners/posterior/test_pruner.py",),
    "pruning/pruners/wilcoxon": ("pruning/test_names_are_true.py",),
    "search": (
        "search/test_laws.py",
        "search/test_golden.py",
        "search/test_optuna_export.py",
    ),
    "sidecar": (
        "sidecar/test_process.py",
        "sidecar/test_with_ingest.py",
        "sidecar/collectors/test_contract.py",
    ),
    "sidecar/collectors": ("sidecar/test_process.py", "sidecar/collectors/test_mlflow_server.py"),
    "sidecar/collectors/presets": ("sidecar/collectors/presets/test_recorded_logs.py",),
    "store": ("store/test_retention.py", "store/test_faults.py", "cli/test_boundary.py"),
    "watch": ("integration/test_watches.py",),
}
"""By room: the tests through which its inner parts are tested, the nearest first; a room that is
not named is tested as the one around it."""


def sources() -> dict[str, Path]:
    """Return every source module by its path below its root, without the suffix."""
    return {
        f"{prefix}/{file.relative_to(root).with_suffix('').as_posix()}".lstrip("/"): file
        for prefix, root in SOURCES.items()
        for file in sorted(root.rglob("*.py"))
        if file.name not in ("__init__.py", "__main__.py", "env.py")
        and "versions" not in file.parts
    }


MODULES = sources()


def room_of(module: str) -> str:
    return module.rpartition("/")[0]


def mirrored(module: str) -> Path:
    room, _, name = module.rpartition("/")
    return TESTS / room / f"test_{name}.py"


def where_tested(room: str) -> tuple[str, ...]:
    """Return what `THROUGH` says of a room, or of the nearest one around it."""
    return THROUGH[room] if room in THROUGH or not room else where_tested(room_of(room))


INNER = {module for module in MODULES if not mirrored(module).is_file()}


ROOMS = sorted({room_of(module) for module in INNER})


@pytest.mark.parametrize("room", ROOMS, ids=repr)
def test_what_is_said_to_test_a_part_can_reach_it(room: str) -> None:
    reached = set().union(*(reach(TESTS / each) for each in where_tested(room)))
    parts = {MODULES[module] for module in INNER if room_of(module) == room}
    assert not parts - reached, sorted(str(each) for each in parts - reached)


def test_the_table_names_rooms_that_are_and_files_that_are() -> None:
    assert set(THROUGH) <= {room_of(module) for module in INNER}
    assert [
        each for files in THROUGH.values() for each in files if not (TESTS / each).is_file()
    ] == []


def test_every_folder_of_tests_is_a_room_or_looks_from_outside() -> None:
    rooms = {TESTS / room_of(module) for module in MODULES}
    rooms |= {above for room in rooms for above in room.parents}
    folders = {file.parent for file in TESTS.rglob("test_*.py")}
    inside = {each for each in folders if not FROM_OUTSIDE & set(each.relative_to(TESTS).parts)}
    assert inside <= rooms | {TESTS}


# -- what a test can reach ------------------------------------------------------------------------


@cache
def named_in(file: Path) -> frozenset[Path]:
    """Return the files of the modules that a file imports, or runs by `python -m`."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
        elif isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= {node.value} if node.value.startswith("espalier") else set()
    files = set()
    for name in found:
        for root in (ROOT / "operator", ROOT / "sidecar", ROOT):
            at = root.joinpath(*name.split("."))
            ways = (at.with_suffix(".py"), at / "__init__.py", at / "__main__.py")
            files |= {each for each in ways if "\n" not in name and each.is_file()}
    return frozenset(files)


@cache
def reach(test: Path) -> frozenset[Path]:
    """Return every file that a test reaches through imports."""
    reached, left = set(), [test]
    while left:
        for file in named_in(left.pop()) - reached:
            reached.add(file)
            left.append(file)
    return frozenset(reached)
