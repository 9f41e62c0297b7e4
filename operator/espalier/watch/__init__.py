"""kopf as a thin shell: login and watches. It only says what changed; nothing is done here."""

from espalier.watch.watcher import Watcher

__all__ = ["Watcher"]
