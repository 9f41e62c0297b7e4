"""How the trainer learns that its trial was pruned: a file, and an answer."""

from __future__ import annotations

import json

from espalier_sidecar.limits import ANSWER
from espalier_sidecar.log import log_line
from espalier_sidecar.volume import Folder
from espalier_sidecar.wire import Decision

NAME = "prune"


class PruneNotice:
    """The operator's decision to prune, once there is one; it outlives this container.

    Parameters
    ----------
    volume
        Where the trainer finds it.
    own
        Where it is written before it appears there.

    Attributes
    ----------
    text
        The decision as JSON; empty while there is none.
    """

    def __init__(self, volume: Folder, own: Folder) -> None:
        self._volume = volume
        self._own = own
        self.text = self._read()

    @property
    def pruned(self) -> bool:
        """Whether the trial was pruned."""
        return bool(self.text)

    def record(self, decision: Decision | None) -> None:
        """Keep the decision that came with an answer; the first prune stays."""
        if decision is None or decision.action != "Prune" or self.text:
            return
        self.text = _text(decision.reason, decision.message, decision.step)
        log_line(f"the trial was pruned, {decision.reason}: {decision.message}")
        try:
            # Whole at once, and readable for a trainer of any user.
            content = self.text.encode() + b"\n"
            self._own.put(f"{NAME}.new", content, 0o644, self._volume, NAME)
        except OSError as error:
            log_line(f"could not write {NAME}: {error}; GET /should-prune still answers")

    def as_json(self) -> str:
        """Return what `GET /should-prune` answers."""
        return self.text or '{"prune": false}'

    def _read(self) -> str:
        """Read back what this file says, and nothing else that it may hold."""
        try:
            found = json.loads(self._volume.read(NAME, ANSWER))
        except (OSError, ValueError, RecursionError):
            return ""
        if not isinstance(found, dict) or found.get("prune") is not True:
            return ""
        return _text(found.get("reason"), found.get("message"), found.get("step"))


def _text(reason: object, message: object, step: object) -> str:
    return json.dumps(
        {
            "prune": True,
            "reason": reason[:100] if isinstance(reason, str) else "",
            "message": message[:4000] if isinstance(message, str) else "",
            "step": step if isinstance(step, int) else None,
        }
    )
