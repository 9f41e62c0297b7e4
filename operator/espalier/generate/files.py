"""All files that are generated, by their paths in the repository."""

from __future__ import annotations

from pathlib import Path

from espalier.generate.backtest_page import backtest_page
from espalier.generate.commands_page import commands_page
from espalier.generate.crd_page import crd_page
from espalier.generate.crds import crds
from espalier.generate.dashboard import BOARDS, dashboard_json
from espalier.generate.flags_page import flags_page
from espalier.generate.metrics_page import metrics_page
from espalier.generate.pruners_page import pruners_page
from espalier.generate.reasons_page import reasons_page
from espalier.generate.workload_kinds import workload_kinds


def generated() -> dict[str, str]:
    """Return the text of every generated file by its path in the repository."""
    made = crds()
    return {
        **{f"crds/{name}": text for name, text in made.items()},
        **{f"charts/espalier/files/crds/{name}": text for name, text in made.items()},
        **{f"charts/espalier/files/dashboards/{name}": dashboard_json(name) for name in BOARDS},
        "charts/espalier/files/workloads.yaml": workload_kinds(),
        "docs/reference/backtest.md": backtest_page(),
        "docs/reference/commands.md": commands_page(),
        "docs/reference/crd.md": crd_page(),
        "docs/reference/metrics.md": metrics_page(),
        "docs/reference/operator-flags.md": flags_page(),
        "docs/reference/pruners.md": pruners_page(),
        "docs/reference/reasons.md": reasons_page(),
    }


def out_of_date(root: Path) -> dict[str, str]:
    """Return the text of each file that lies below a folder otherwise, or not at all."""
    return {path: text for path, text in generated().items() if _read(root / path) != text}


def _read(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.is_file() else None


def write(root: Path) -> dict[str, str]:
    """Write below a folder what is out of date there; return it."""
    stale = out_of_date(root)
    for path, text in stale.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return stale
