"""Studies as the cluster has them, looked up once for all who ask in the same moment."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from espalier.read_api.remembered import Remembered

Object = Mapping[str, Any]
Look = Callable[[str, str], Awaitable[Object | None]]
"""Returns a Study as the cluster has it by namespace and name, None where there is none."""
SECONDS = 1.0
"""For so long a Study is believed to be as it was."""
_MOST = 1000


class Objects:
    """Looks Studies up, each once a second at most.

    Parameters
    ----------
    look
        Looks one up.
    clock
        Seconds that never go back.
    """

    def __init__(self, look: Look, clock: Callable[[], float] = time.monotonic) -> None:
        self._look = look
        self._known: Remembered[Object | None] = Remembered(lambda _: SECONDS, clock, _MOST)

    async def get(self, namespace: str, name: str, uid: str) -> Object | None:
        """Return a Study as the cluster has it; None where it is gone, or another has its name.

        Raises
        ------
        RetryLater
            If the cluster cannot be asked.
        """
        key = namespace, name
        found = await self._known.get(key, lambda: self._look(namespace, name))
        if found is not None and found.get("metadata", {}).get("uid") not in (None, uid):
            return None
        return found


def version_of(study: Object | None) -> str:
    """Return the version of a Study; empty where there is none."""
    return str((study or {}).get("metadata", {}).get("resourceVersion", ""))
