"""Signs of life of the watches: when each was last opened, or showed an event."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import SimpleNamespace

import aiohttp

from espalier.kube import Kind

WatchKey = tuple[str, str | None]
"""The plural of a kind, and the namespace, None where all are watched at once."""


class Signs:
    """When each watch last showed that it lives; read from any thread.

    A watch without events is silent, and opened anew after a minute at most: that it could be is
    its sign of life. One that begins with a list of its own tells nothing of what was deleted
    between what it last showed, if anything, and that list.

    Parameters
    ----------
    paths : mapping
        Which watch is opened at which path of the API.
    clock : callable
        Seconds that never go back.
    on_begun : callable, optional
        Called when a watch has been opened that began with a list.
    """

    def __init__(
        self,
        paths: Mapping[str, WatchKey],
        clock: Callable[[], float] = time.monotonic,
        on_begun: Callable[[], None] = lambda: None,
    ) -> None:
        self._paths = dict(paths)
        self._clock = clock
        self._on_begun = on_begun
        self._listed = set[WatchKey]()
        # No key is added later: other threads go through it.
        self._at = dict.fromkeys(self._paths.values(), clock())

    def heard(self, watched: WatchKey) -> None:
        """Take in an event of a watch."""
        if watched in self._at:
            self._at[watched] = self._clock()

    def listed(self, path: str) -> None:
        """Take in that a watch begins anew: what lies at a path of the API was listed for it."""
        if (watched := self._paths.get(path)) is not None:
            self._listed.add(watched)

    def opened(self, path: str) -> None:
        """Take in that a watch was opened at a path of the API."""
        if (watched := self._paths.get(path)) is None:
            return
        self.heard(watched)
        if watched in self._listed:
            self._listed.discard(watched)
            self._on_begun()

    def ages(self) -> dict[str, float]:
        """Return how long ago the last sign was, in seconds, of each kind's most silent watch."""
        now, ages = self._clock(), dict[str, float]()
        for (plural, _), at in self._at.items():
            ages[plural] = max(ages.get(plural, 0.0), now - at)
        return ages

    def tracing(self) -> aiohttp.TraceConfig:
        """Return what tells this of each watch that a session opens, and of the list before it."""
        tracing = aiohttp.TraceConfig()

        async def answered(
            _: aiohttp.ClientSession, __: SimpleNamespace, params: aiohttp.TraceRequestEndParams
        ) -> None:
            if params.response.status != 200:
                return
            if params.url.query.get("watch") == "true":
                self.opened(params.url.path)
            else:
                self.listed(params.url.path)

        tracing.on_request_end.append(answered)
        return tracing


def paths_of(kinds: Iterable[Kind], namespaces: Sequence[str | None]) -> dict[str, WatchKey]:
    """Return which watch is opened at which path: one for each kind and namespace."""
    return {
        kind.path(namespace): (kind.plural, namespace) for kind in kinds for namespace in namespaces
    }
