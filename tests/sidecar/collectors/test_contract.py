"""Every collector that a Study may choose keeps the contract that ships."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from espalier_sidecar.contract import CollectorContract


class TestFile(CollectorContract):
    type = "File"

    def section(self, volume: Path) -> dict[str, Any]:
        return {"path": f"{volume}/values.jsonl"}

    def write(self, volume: Path, steps: Iterable[int]) -> None:
        with (volume / "values.jsonl").open("a") as file:
            file.writelines(json.dumps({"step": step, "value": step / 3}) + "\n" for step in steps)

    def spoil(self, volume: Path) -> None:
        (volume / "values.jsonl").symlink_to("/etc/passwd")


class TestLog(CollectorContract):
    type = "Log"

    def section(self, volume: Path) -> dict[str, Any]:
        return {"path": f"{volume}/logs/train.log", "pattern": r"^(?P<step>\d+): (?P<value>\S+)$"}

    def write(self, volume: Path, steps: Iterable[int]) -> None:
        (volume / "logs").mkdir(exist_ok=True)
        with (volume / "logs" / "train.log").open("a") as file:
            file.writelines(f"a line\n{step}: {step / 3}\n" for step in steps)

    def spoil(self, volume: Path) -> None:
        (volume / "logs").write_text("no folder")
