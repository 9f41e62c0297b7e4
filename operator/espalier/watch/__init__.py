"""kopf as a thin shell: login and watches. It only says what changed; nothing is done here."""

from __future__ import annotations

from espalier.watch.watcher import Watcher

__all__ = ["Watcher"]
