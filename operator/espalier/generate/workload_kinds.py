"""The kinds of object that run trials, for the chart: what the operator may do with them."""

from __future__ import annotations

import yaml

from espalier.planning.workload import registry

_HEADER = "# Made from operator/espalier/planning/workload by `make generate`; do not edit.\n"


def workload_kinds() -> str:
    """Return group, plural and name of each kind as YAML, in the order in which they are tried."""
    kinds = [each.kind for each in registry.KINDS]
    told = [{"group": each.group, "resource": each.plural, "kind": each.name} for each in kinds]
    return _HEADER + yaml.safe_dump(told, sort_keys=False)
