"""Tokens checked by the API server's own public keys, without asking about each.

The API server publishes its issuer and its keys (OpenID Connect discovery). Whoever has them can
tell a good token himself, also while the API server is away or busy. What cannot be told so is
left to a TokenReview: a key that is not known, another issuer, a time at which the clocks differ.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from espalier.errors import RetryLater
from espalier.ingest.identity import Identity, identify_by_claims, seconds, unauthenticated
from espalier.kube import NotFound, NotServed, Refused

_LOG = logging.getLogger(__name__)

DISCOVERY, KEYS = "/.well-known/openid-configuration", "/openid/v1/jwks"
_ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "ES256", "ES384", "ES512"})
"""Public-key signatures only: a key that is public must never serve as a shared secret."""
_LEEWAY = 10.0
_RENEWED, _RENEWED_FOR_UNKNOWN, _ABSENT, _AWAY = 600.0, 30.0, 60.0, 2.0

Document = Callable[[str], Awaitable[Mapping[str, Any]]]
"""Reads a JSON document of the API server's."""


@dataclass(frozen=True, slots=True)
class KeySet:
    """An issuer and its public keys by their ids."""

    issuer: str
    keys: Mapping[str, jwt.PyJWK]

    def check(self, token: str, audience: str, now: float) -> Identity | None:
        """Return whose token it is; None if these keys cannot tell.

        Parameters
        ----------
        token : str
            In canonical spelling.
        audience : str
            For whom it must have been made.
        now : float
            Seconds since the epoch.

        Raises
        ------
        ReportError
            401: it is forged, for someone else, or belongs to no pod.
        """
        try:
            key = self.keys.get(jwt.get_unverified_header(token).get("kid", ""))
            if key is None:
                return None
            claims = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=audience,
                issuer=self.issuer,
                options={
                    "require": ["exp", "iss", "aud", "sub"],
                    # By our own clock, below.
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except jwt.InvalidIssuerError:
            return None
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise unauthenticated(
                f"expected a token of audience {audience} that the API server has signed "
                f"({type(error).__name__}); read the projected one again for each post"
            ) from None
        begins, ends = seconds(claims.get("nbf", 0)), seconds(claims["exp"])
        if begins is None or ends is None or not begins - _LEEWAY <= now < ends + _LEEWAY:
            return None  # ended, or one of the two clocks is wrong: the API server's decides
        return identify_by_claims(claims)


def parse_keys(discovery: Mapping[str, Any], published: Mapping[str, Any]) -> KeySet | None:
    """Return what the API server publishes; None if nothing of it can be used."""
    issuer, listed = discovery.get("issuer"), published.get("keys")
    if not isinstance(issuer, str) or not issuer or not isinstance(listed, list):
        return None
    keys: dict[str, jwt.PyJWK] = {}
    for each in listed:
        try:
            key = jwt.PyJWK(each)
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
            continue
        if isinstance(key.key_id, str) and key.algorithm_name in _ALGORITHMS:
            keys[key.key_id] = key
    return KeySet(issuer, keys) if keys else None


class Keys:
    """The API server's keys: fetched when needed, kept while it is away.

    Fetched anew every ten minutes, so that a key that was withdrawn is trusted no longer, and for
    a key that is not known at most every 30 s.

    Parameters
    ----------
    document : Document
        Reads a document of the API server's; raises `RetryLater` if it does not answer.
    clock : callable
        Seconds that never go back.
    """

    def __init__(self, document: Document, clock: Callable[[], float] = time.monotonic) -> None:
        self._document = document
        self._clock = clock
        self._known: KeySet | None = None
        self._fetched: float | None = None
        self._not_before = clock()
        self._fetching: asyncio.Task[None] | None = None
        self._told = False

    async def check(self, token: str, audience: str, now: float) -> Identity | None:
        """Return whose token it is; None if that has to be asked.

        Raises
        ------
        ReportError
            401: it is forged, for someone else, or belongs to no pod.
        """
        known, at = self._known, self._clock()
        if known is not None:
            if self._fetched is not None and at - self._fetched > _RENEWED:
                self._fetch(at)
            found = known.check(token, audience, now)
            if found is not None:
                return found
        fetching = self._fetch(at)
        if fetching is None:
            return None
        await asyncio.shield(fetching)
        known = self._known
        return None if known is None else known.check(token, audience, now)

    def _fetch(self, at: float) -> asyncio.Task[None] | None:
        """Return the fetch that is under way, or begin one if it is time."""
        if self._fetching is None and at >= self._not_before:
            self._fetching = asyncio.get_running_loop().create_task(self._read())
        return self._fetching

    async def _read(self) -> None:
        pause = _RENEWED_FOR_UNKNOWN
        try:
            found = parse_keys(await self._document(DISCOVERY), await self._document(KEYS))
            self._known, self._fetched = found, self._clock()
            if found is None:
                pause = self._absent("they are none that can be used")
        except (NotServed, NotFound, Refused) as error:
            self._known, self._fetched = None, None
            pause = self._absent(str(error))
        except RetryLater:
            pause = _AWAY
        except Exception:
            _LOG.exception("the API server's keys could not be read; please report it")
        finally:
            self._not_before = self._clock() + pause
            self._fetching = None

    def _absent(self, why: str) -> float:
        if not self._told:
            _LOG.warning(
                "the API server does not show its keys (%s): a TokenReview is made of each token; "
                "bind system:service-account-issuer-discovery to the operator's service account",
                why,
            )
            self._told = True
        return _ABSENT
