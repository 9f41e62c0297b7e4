"""How `pytest -n 2` shares out the tests: one worker has the clusters, which are waited for.

What runs on a cluster shares it, and looks at the node's processes: one worker does all of that, in
the order of the files. The other one computes meanwhile, a file after the other.
"""

import ast
from functools import cache
from pathlib import Path
from typing import Any

import pytest

FIRST_WORKER = "gw0"
"""It is given what comes first, and that is what runs on a cluster."""
FIXTURES = {"bare_server", "cluster", "control_plane", "kueue"}
ROOMS = ("tests/chart/", "tests/e2e/", "tests/integration/", "tests/kueue/", "tests/tools/")
"""They belong to the first worker as a whole."""


def on_a_cluster(nodeid: str) -> bool:
    """Whether a test belongs to the worker that has the clusters, as all of its file does."""
    return nodeid.startswith(ROOMS) or _asks_for_one(nodeid.partition("::")[0])


@cache
def _asks_for_one(file: str) -> bool:
    """Whether a test or fixture of a file takes one of the fixtures: its text is all there is."""
    path = Path(__file__).resolve().parents[1] / file
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    found = [each for each in ast.walk(ast.parse(path.read_text())) if isinstance(each, functions)]
    asking = [each for each in found if each.name.startswith("test_") or each.decorator_list]
    return any(FIXTURES & {arg.arg for arg in each.args.args} for each in asking)


def strays(items: list[pytest.Item]) -> list[str]:
    """Name the tests that ask for a cluster elsewhere."""
    asking = [item for item in items if FIXTURES & set(getattr(item, "fixturenames", ()))]
    return [item.nodeid for item in asking if not on_a_cluster(item.nodeid)]


def is_first(config: pytest.Config) -> bool:
    """Whether this process is the only one, or the worker that has the clusters."""
    worker: str = getattr(config, "workerinput", {}).get("workerid", FIRST_WORKER)
    return worker == FIRST_WORKER


def scheduling(config: pytest.Config, log: Any) -> Any:
    """Hand out all that runs on a cluster at once, and the rest file by file, in their order."""
    from xdist.scheduler import LoadScopeScheduling  # only there if -n is given

    class OneHasTheClusters(LoadScopeScheduling):
        @property
        def nodes(self) -> list[Any]:  # else in the order in which they were ready
            return sorted(super().nodes, key=lambda node: str(node.gateway.id))

        def _split_scope(self, nodeid: str) -> str:
            return "cluster" if on_a_cluster(nodeid) else nodeid.partition("::")[0]

    config.option.loadscopereorder = False
    return OneHasTheClusters(config, log)
