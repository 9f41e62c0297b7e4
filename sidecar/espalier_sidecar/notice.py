"""How the trainer learns that its trial was pruned: a file, and an answer."""

import json
import os

from espalier_sidecar.voice import say
from espalier_sidecar.wire import Decision


class PruneNotice:
    """The operator's decision to prune, once there is one; it outlives this container."""

    def __init__(self, path: str, scratch: str) -> None:
        self._path = path
        self._scratch = scratch
        self.text = self._read()

    @property
    def prune(self) -> bool:
        """Whether the trial was pruned."""
        return bool(self.text)

    def hear(self, decision: Decision | None) -> None:
        """Take a decision from an answer; the first prune stays."""
        if decision is None or decision.action != "Prune" or self.text:
            return
        self.text = json.dumps(
            {
                "prune": True,
                "reason": decision.reason,
                "message": decision.message,
                "step": decision.step,
            }
        )
        say(f"the trial was pruned, {decision.reason}: {decision.message}")
        self._write()

    def answer(self) -> str:
        """Answer `GET /should-prune`."""
        return self.text or '{"prune": false}'

    def _read(self) -> str:
        try:
            with open(self._path, encoding="utf-8") as file:
                text = file.read(65536).strip()
            found = json.loads(text)
        except (OSError, ValueError):
            return ""
        return text if isinstance(found, dict) and found.get("prune") is True else ""

    def _write(self) -> None:
        """Let the file appear whole, readable for a trainer of any user."""
        try:
            with open(self._scratch, "w", encoding="utf-8") as file:
                os.fchmod(file.fileno(), 0o644)
                file.write(self.text + "\n")
            os.replace(self._scratch, self._path)
        except OSError as error:
            say(f"could not write {self._path}: {error}; GET /should-prune still answers")
