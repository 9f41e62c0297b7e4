"""Which trial a pod is of, looked up once for all its posts, and remembered where it is refused."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from espalier.engine.reports.open_studies import OpenStudies
from espalier.engine.reports.submission import Binding
from espalier.errors import ReportError, RetryLater, SpecError
from espalier.ingest.identity import Identity

_LOG = logging.getLogger(__name__)
_REFUSED_SECONDS, _REMEMBERED = 5.0, 10_000

Resolve = Callable[[str, str, str], Awaitable[Binding | None]]
"""Looks up a pod by namespace, name and uid that is not bound yet.

Returns its binding, None if the API server does not know the pod (yet); raises `ReportError` with
status 403 if it is not the present pod of a trial, `RetryLater` if nobody can be asked.
"""


class Pods:
    """Binds pods that the watch has not shown yet.

    Parameters
    ----------
    live : OpenStudies
        Knows which pods are bound.
    resolve : Resolve
        Looks up the others.
    clock : callable
        Seconds that never go back.
    """

    def __init__(
        self, live: OpenStudies, resolve: Resolve, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._live = live
        self._resolve = resolve
        self._clock = clock
        self._resolving: dict[str, asyncio.Task[None]] = {}
        self._refused: OrderedDict[str, tuple[float, ReportError]] = OrderedDict()

    async def bind(self, identity: Identity) -> None:
        """Bind a pod, if it is not; one question for all its posts.

        Raises
        ------
        ReportError
            403: it is not the present pod of a trial.
        RetryLater
            Nobody can be asked.
        """
        uid = identity.pod_uid
        if self._live.binding(uid) is not None:
            return
        until, error = self._refused.get(uid, (0.0, None))
        if error is not None and self._clock() < until:
            raise error
        task = self._resolving.get(uid)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._look_up(identity))
            self._resolving[uid] = task
            task.add_done_callback(lambda done: self._looked_up(uid, done))
        await asyncio.shield(task)

    async def _look_up(self, identity: Identity) -> None:
        try:
            binding = await self._resolve(identity.namespace, identity.pod_name, identity.pod_uid)
            if binding is not None:
                self._live.bind(binding)
        except RetryLater:
            raise
        except ReportError as error:
            raise self._refuse(identity, error) from None
        except SpecError as error:
            _LOG.debug("pod %s/%s: %s", identity.namespace, identity.pod_name, error)
            raise self._refuse(
                identity,
                _not_yours(
                    "the operator may not look at pods of this namespace; have it added to the "
                    "operator's (scope.namespaces), or end this pod"
                ),
            ) from None
        except Exception:
            _LOG.exception("could not look up pod %s/%s", identity.namespace, identity.pod_name)
            raise self._refuse(
                identity,
                _not_yours("this pod's object is not as expected; the operator's log has more"),
            ) from None

    def _refuse(self, identity: Identity, error: ReportError) -> ReportError:
        """Remember a refusal for a moment, so that posts do not become questions."""
        self._refused[identity.pod_uid] = (self._clock() + _REFUSED_SECONDS, error)
        self._refused.move_to_end(identity.pod_uid)
        if len(self._refused) > _REMEMBERED:
            self._refused.popitem(last=False)
        return error

    def _looked_up(self, uid: str, done: asyncio.Task[None]) -> None:
        del self._resolving[uid]
        if not done.cancelled():
            done.exception()  # Whoever asked may be gone; that is no error of ours.


def _not_yours(message: str) -> ReportError:
    return ReportError("NotYourTrial", message, status=403)
