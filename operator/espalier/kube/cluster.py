"""Reads and writes of a cluster's objects, as plain dicts.

The generated client's models refuse fields that they do not know and drop them when reading, so
only its connection, authentication and configuration are used here.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any, Self

import aiohttp
from kubernetes.aio import client

from espalier.errors import RetryLater
from espalier.kube.answers import Object, Objects, named_object, page_of, parse_object, unexpected
from espalier.kube.credentials import api_client
from espalier.kube.errors import Refused, from_answer
from espalier.kube.fair_bucket import Rank
from espalier.kube.kinds import LEASE, POD, TOKEN_REVIEW, Kind, watched
from espalier.kube.limiter import TokenBucket, asking
from espalier.kube.turns import Tenant

Observe = Callable[[str, str, int | None, float], None]
"""Called with verb, plural, HTTP code (None without an answer) and seconds of each request."""

Guard = Callable[[str], None]
"""Called with a namespace when something of a study is to be written there, just before; raises
RetryLater where that is another operator's to do."""

_MERGE = "application/merge-patch+json"
_ACCEPT = "application/json, application/jwk-set+json"
_PAGE = 500
_TAIL_LINES = 2000
"""Lines of a log that are asked for at most."""
_GONE = 410
_REVIEWS = (20.0, 40)
"""TokenReviews a second and at once: apart from all other requests, so that neither waits."""


def _unobserved(_verb: str, _plural: str, _code: int | None, _seconds: float) -> None:
    """Count nothing."""


class Cluster:
    """A connection to one API server.

    Requests take turns by tenant: the study that `espalier.kube.asking_for` names, or else the
    namespace that is asked about. Lists are the operator's own. TokenReviews have a limiter of
    their own.

    Parameters
    ----------
    limiter, review_limiter
        How often the API server is asked, and how often for a TokenReview.
    observe
        Told of each request.
    timeout
        Seconds that an answer may take.

    Attributes
    ----------
    guard : Guard or None
        Asked before each write.

    Raises
    ------
    NotFound, Conflict, Refused, RetryLater
        For every method: what the answer means, see `espalier.kube.errors`.
    """

    def __init__(
        self,
        api: client.ApiClient,
        *,
        limiter: TokenBucket | None = None,
        review_limiter: TokenBucket | None = None,
        observe: Observe | None = None,
        timeout: float = 30.0,
    ) -> None:
        self._api = api
        self._limiter = limiter or TokenBucket(50.0, 100)
        self._review_limiter = review_limiter or TokenBucket(*_REVIEWS)
        self._observe = observe or _unobserved
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=5.0)
        self.guard: Guard | None = None

    @classmethod
    async def connect(
        cls, kubeconfig: str | None = None, context: str | None = None, **options: Any
    ) -> Self:
        """Connect by a kubeconfig file, or as the pod that this process runs in.

        Raises
        ------
        SpecError
            If there is no such file, it cannot be used, or this process runs in no pod.
        """
        return cls(await api_client(kubeconfig, context), **options)

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()  # type: ignore[no-untyped-call]

    async def __aenter__(self) -> Self:
        """Return itself, connected."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self.close()

    async def get(self, kind: Kind, namespace: str, name: str) -> Object:
        """Return one object."""
        answer = await self._ask("get", "GET", kind, namespace, name)
        return named_object(f"get {kind.path(namespace, name)}", answer)

    async def list(
        self,
        kind: Kind,
        namespace: str | None = None,
        *,
        labels: str = "",
        fields: str = "",
        rank: Rank = Rank.OWN,
    ) -> tuple[list[Object], str]:
        """Return all objects, of all namespaces where none is named, and the list's version.

        Parameters
        ----------
        labels, fields
            Selectors.
        rank
            Whose turn it takes.
        """
        found: list[Object] = []
        version = ""
        pages = self.pages(kind, namespace, labels=labels, fields=fields, rank=rank)
        async for items, newest in pages:
            found += items
            version = version or newest
        return found, version

    async def pages(
        self,
        kind: Kind,
        namespace: str | None = None,
        *,
        labels: str = "",
        fields: str = "",
        rank: Rank = Rank.OWN,
    ) -> AsyncIterator[tuple[Objects, str]]:
        """Yield the objects of a list page by page, each with the list's version.

        The list is known in whole only when the last page has come without an error: until then,
        what was not in it proves nothing.

        Raises
        ------
        RetryLater
            Also where the list took so long that its later pages are not kept any more: begin anew.
        """
        cont = ""
        while True:
            query = [("limit", str(_PAGE))]
            query += [("labelSelector", labels)] if labels else []
            query += [("fieldSelector", fields)] if fields else []
            query += [("continue", cont)] if cont else []
            try:
                answer = await self._ask("list", "GET", kind, namespace, query=query, rank=rank)
            except Refused as error:
                if error.code == _GONE:
                    raise RetryLater(f"list {kind.path(namespace)}: {error.message}") from error
                raise
            items, version, cont = page_of(f"list {kind.path(namespace)}", answer)
            yield items, version
            if not cont:
                return

    async def document(self, path: str) -> Object:
        """Return a JSON object that is no object of a kind, such as the issuer's keys."""
        plural = path.rsplit("/", 1)[-1]
        return await self._request("get", "GET", plural, path, rank=Rank.OWN)

    async def pod_log(self, namespace: str, pod: str, container: str, most: int) -> str:
        """Return the end of what a container has printed, of so many bytes at most.

        Raises
        ------
        RetryLater, NotFound, Refused
            As every question.
        """
        path = f"{POD.path(namespace, pod)}/log"
        # The API server bounds from the beginning only: lines are what it counts from the end.
        query = [("container", container), ("tailLines", str(_TAIL_LINES))]
        await self._limiter.wait(Rank.OWN, None)
        try:
            status, data, after = await self._exchange("GET", path, query=query, accept="*/*")
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise RetryLater(f"get {path}: no answer from the API server ({error!r})") from error
        if not 200 <= status < 300:
            raise from_answer(f"get {path}", status, data, after)
        return data[-most:].decode(errors="replace")

    async def ask(self, path: str, body: Mapping[str, Any]) -> Object:
        """Return the answer to a question that is put as an object, and stored nowhere."""
        plural = path.rsplit("/", 1)[-1]
        return await self._request("create", "POST", plural, path, body=dict(body), rank=Rank.OWN)

    async def create(
        self, kind: Kind, namespace: str, body: Mapping[str, Any], *, dry_run: bool = False
    ) -> Object:
        """Create an object; with ``dry_run`` only ask whether it would be taken.

        Then a field that the API server does not know is refused; else it is dropped in silence.
        """
        query = [("dryRun", "All"), ("fieldValidation", "Strict")] if dry_run else []
        answer = await self._ask("create", "POST", kind, namespace, body=dict(body), query=query)
        return named_object(f"create {kind.path(namespace)}", answer)

    async def patch(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        body: Mapping[str, Any],
        *,
        subresource: str = "",
        dry_run: bool = False,
    ) -> Object:
        """Merge fields into an object (RFC 7386), and return it as it is then.

        With ``dry_run`` only ask whether it would be taken.
        """
        query = [("dryRun", "All"), ("fieldValidation", "Strict")] if dry_run else []
        answer = await self._ask(
            "patch",
            "PATCH",
            kind,
            namespace,
            name,
            subresource,
            body=dict(body),
            content=_MERGE,
            query=query,
        )
        return named_object(f"patch {kind.path(namespace, name, subresource)}", answer)

    async def delete(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        *,
        uid: str | None = None,
        grace: int | None = None,
        urgent: bool = False,
    ) -> None:
        """Delete an object in the background, if it (still) has this uid.

        Parameters
        ----------
        grace
            Seconds that a pod's processes have; None: what the pod's own spec says.
        """
        body: Object = {"propagationPolicy": "Background"}
        if uid:
            body["preconditions"] = {"uid": uid}
        if grace is not None:
            body["gracePeriodSeconds"] = grace
        rank = Rank.URGENT if urgent else Rank.TENANT
        await self._ask("delete", "DELETE", kind, namespace, name, body=body, rank=rank)

    async def review_token(self, token: str, audience: str, *, urgent: bool = False) -> Object:
        """Return the status of a TokenReview.

        Raises
        ------
        RetryLater
            If what came is no TokenReview.
        """
        body = {
            "apiVersion": TOKEN_REVIEW.api_version,
            "kind": TOKEN_REVIEW.name,
            "spec": {"token": token, "audiences": [audience]},
        }
        path = TOKEN_REVIEW.path()
        answer = await self._request(
            "create",
            "POST",
            TOKEN_REVIEW.plural,
            path,
            body=body,
            rank=Rank.URGENT if urgent else Rank.TENANT,
            limiter=self._review_limiter,
        )
        status = answer.get("status")
        if not isinstance(status, dict):
            raise unexpected(f"create {path}", "a TokenReview with a status")
        return status

    async def _ask(
        self,
        verb: str,
        method: str,
        kind: Kind,
        namespace: str | None,
        name: str = "",
        subresource: str = "",
        **options: Any,
    ) -> Object:
        path = kind.path(namespace, name, subresource)
        options["tenant"] = Tenant(namespace or "")
        if kind is LEASE:
            options["rank"] = Rank.OWN
        if method != "GET" and any(each.kind == kind for each in watched()):
            options["guarded"] = namespace
        return await self._request(verb, method, kind.plural, path, **options)

    async def _request(
        self,
        verb: str,
        method: str,
        plural: str,
        path: str,
        *,
        body: Object | None = None,
        query: Iterable[tuple[str, str]] = (),
        content: str = "application/json",
        rank: Rank = Rank.TENANT,
        tenant: Tenant | None = None,
        limiter: TokenBucket | None = None,
        guarded: str | None = None,
    ) -> Object:
        await (limiter or self._limiter).wait(rank, asking() or tenant)
        if guarded is not None and self.guard is not None:
            self.guard(guarded)
        what = f"{verb} {path}"
        began = time.monotonic()
        code: int | None = None
        try:
            code, answer = await self._send(what, method, path, body, query, content)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise RetryLater(f"{what}: no answer from the API server ({error!r})") from error
        finally:
            self._observe(verb, plural, code, time.monotonic() - began)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def _send(
        self,
        what: str,
        method: str,
        path: str,
        body: Object | None,
        query: Iterable[tuple[str, str]],
        content: str,
    ) -> tuple[int, Object | Exception]:
        status, data, after = await self._exchange(method, path, body, query, content)
        if 200 <= status < 300:
            try:
                return status, parse_object(what, data)
            except RetryLater as error:
                return status, error
        return status, from_answer(what, status, data, after)

    async def _exchange(
        self,
        method: str,
        path: str,
        body: Object | None = None,
        query: Iterable[tuple[str, str]] = (),
        content: str = "application/json",
        accept: str = _ACCEPT,
    ) -> tuple[int, bytes, str | None]:
        """Return the status, the body and what `Retry-After` says of an answer."""
        request = await self._api.param_serialize(
            method=method,
            resource_path=path,
            query_params=list(query),
            header_params={"Accept": accept, "Content-Type": content},
            body=body,
            auth_settings=["BearerToken"],
        )
        response = await self._api.call_api(*request, _request_timeout=self._timeout)
        data = await response.read()  # type: ignore[no-untyped-call]
        return response.status, data, response.headers.get("Retry-After")
