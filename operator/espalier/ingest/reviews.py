"""TokenReviews: what is asked of the API server, by whom, and how often."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from espalier.errors import ReportError, RetryLater
from espalier.ingest.identity import Identity, identify
from espalier.ingest.limits import Limits
from espalier.ingest.rate import Buckets, TooFast
from espalier.kube import asking_for

Review = Callable[[str, bool], Awaitable[Mapping[str, Any]]]
"""Asks the API server: ``status`` of a TokenReview of the token, or `RetryLater`.

The second argument says that the token was good before: it goes first.
"""


class Reviews:
    """Asks whose a token is, within bounds for each address and each pod that tokens name.

    What a token says of itself is not vouched for: it only chooses whose budget a question counts
    against, together with the address that it comes from. So nobody can use up another's.

    Parameters
    ----------
    review : Review
        Asks the API server.
    audience : str
        For whom tokens must have been made.
    limits : Limits
        How often may be asked.
    observe : callable, optional
        Told ``Accepted``, ``Refused`` or ``Unavailable`` of each question.
    clock : callable
        Seconds that never go back.
    """

    def __init__(
        self,
        review: Review,
        audience: str,
        limits: Limits | None = None,
        observe: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._review = review
        self._audience = audience
        self._limits = limits = limits or Limits()
        self._observe = observe or (lambda _result: None)
        self._clock = clock
        self._peers = Buckets(limits.review_peer_rate, limits.review_peer_burst)
        self._pods = Buckets(limits.review_pod_rate, limits.review_pod_burst)
        self._waiting: Counter[str] = Counter()

    async def ask(self, token: str, peer: str, pod_uid: str, *, known: bool) -> Identity:
        """Return the pod that a token is bound to.

        Parameters
        ----------
        token : str
            In canonical spelling.
        peer : str
            The address that it came from.
        pod_uid : str
            The pod that it names.
        known : bool
            Whether it was good when it was last asked about: then no bound stands in its way.

        Raises
        ------
        ReportError
            401: the token does not do; 429: too many unknown ones.
        RetryLater
            The API server cannot be asked.
        """
        if not known:
            self._admit(peer, pod_uid)
        self._waiting[peer] += 1
        try:
            with asking_for(peer, pod_uid):
                status = await self._review(token, known)
            identity = identify(status, self._audience)
        except RetryLater:
            self._observe("Unavailable")
            raise
        except ReportError:
            self._observe("Refused")
            raise
        finally:
            self._waiting[peer] -= 1
            if not self._waiting[peer]:
                del self._waiting[peer]
        self._observe("Accepted")
        return identity

    def _admit(self, peer: str, pod_uid: str) -> None:
        now, limits = self._clock(), self._limits
        if wait := self._pods.take(f"{peer} {pod_uid}", now):
            raise TooFast("too many new tokens that name this pod; wait", wait)
        if wait := self._peers.take(peer, now):
            raise TooFast("too many unknown tokens from this address; wait", wait)
        many = self._waiting[peer] >= limits.reviews_waiting_a_peer
        if many or self._waiting.total() >= limits.reviews_waiting:
            raise RetryLater("too many unknown tokens are being checked; send again", after=1)
