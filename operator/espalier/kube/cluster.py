"""Reads and writes of a cluster's objects, as plain dicts.

The generated client's models refuse fields that they do not know and drop them when reading, so
only its connection, authentication and configuration are used here.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

import aiohttp
from kubernetes.aio import client, config

from espalier.errors import RetryLater
from espalier.kube.answers import read_json
from espalier.kube.errors import from_answer
from espalier.kube.kinds import TOKEN_REVIEW, Kind
from espalier.kube.limiter import TokenBucket

Object = dict[str, Any]
Observe = Callable[[str, str, int | None, float], None]
"""Called with verb, plural, HTTP code (None without an answer) and seconds of each request."""

_MERGE = "application/merge-patch+json"
_PAGE = 500


def _unobserved(_verb: str, _plural: str, _code: int | None, _seconds: float) -> None:
    """Count nothing."""


class Cluster:
    """A connection to one API server.

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
        observe: Observe | None = None,
        timeout: float = 30.0,
    ) -> None:
        self._api = api
        self._limiter = limiter or TokenBucket(50.0, 100)
        self._observe = observe or _unobserved
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=5.0)

    @classmethod
    async def connect(cls, kubeconfig: str | None = None, **options: Any) -> Self:
        """Connect by a kubeconfig file, or as the pod that this process runs in."""
        settings = client.Configuration()
        if kubeconfig:
            await config.load_kube_config(  # type: ignore[no-untyped-call]
                config_file=os.path.expanduser(kubeconfig), client_configuration=settings
            )
        else:
            config.load_incluster_config(  # type: ignore[no-untyped-call]
                client_configuration=settings
            )
        settings.retries = None
        return cls(client.ApiClient(configuration=settings), **options)

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
        return await self._ask("get", "GET", kind, kind.path(namespace, name))

    async def list(
        self, kind: Kind, namespace: str | None = None, *, labels: str = ""
    ) -> tuple[list[Object], str]:
        """Return all objects, of all namespaces where none is named, and the list's version."""
        found: list[Object] = []
        version, cont = "", ""
        while True:
            query = [("limit", str(_PAGE))]
            query += [("labelSelector", labels)] if labels else []
            query += [("continue", cont)] if cont else []
            page = await self._ask("list", "GET", kind, kind.path(namespace), query=query)
            found += page.get("items") or []
            version = version or page["metadata"].get("resourceVersion", "")
            cont = page["metadata"].get("continue", "")
            if not cont:
                return found, version

    async def create(
        self, kind: Kind, namespace: str, body: Mapping[str, Any], *, dry_run: bool = False
    ) -> Object:
        """Create an object; with ``dry_run`` only ask whether it would be taken.

        Then a field that the API server does not know is refused; else it is dropped in silence.
        """
        query = [("dryRun", "All"), ("fieldValidation", "Strict")] if dry_run else []
        return await self._ask(
            "create", "POST", kind, kind.path(namespace), body=dict(body), query=query
        )

    async def patch(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        body: Mapping[str, Any],
        *,
        subresource: str = "",
    ) -> Object:
        """Merge fields into an object (RFC 7386), and return it as it is then."""
        path = kind.path(namespace, name, subresource)
        return await self._ask("patch", "PATCH", kind, path, body=dict(body), content=_MERGE)

    async def delete(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        *,
        uid: str | None = None,
        urgent: bool = False,
    ) -> None:
        """Delete an object in the background, if it (still) has this uid."""
        body: Object = {"propagationPolicy": "Background"}
        if uid:
            body["preconditions"] = {"uid": uid}
        path = kind.path(namespace, name)
        await self._ask("delete", "DELETE", kind, path, body=body, urgent=urgent)

    async def review_token(self, token: str, audience: str) -> Object:
        """Return the status of a TokenReview."""
        body = {
            "apiVersion": TOKEN_REVIEW.api_version,
            "kind": TOKEN_REVIEW.name,
            "spec": {"token": token, "audiences": [audience]},
        }
        answer = await self._ask(
            "create", "POST", TOKEN_REVIEW, TOKEN_REVIEW.path(), body=body, urgent=True
        )
        status: Object = answer.get("status") or {}
        return status

    async def _ask(
        self,
        verb: str,
        method: str,
        kind: Kind,
        path: str,
        *,
        body: Object | None = None,
        query: Iterable[tuple[str, str]] = (),
        content: str = "application/json",
        urgent: bool = False,
    ) -> Object:
        await self._limiter.wait(urgent=urgent)
        what = f"{verb} {path}"
        began = time.monotonic()
        code: int | None = None
        try:
            code, answer = await self._send(what, method, path, body, query, content)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise RetryLater(f"{what}: no answer from the API server ({error!r})") from error
        finally:
            self._observe(verb, kind.plural, code, time.monotonic() - began)
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
        request = await self._api.param_serialize(
            method=method,
            resource_path=path,
            query_params=list(query),
            header_params={"Accept": "application/json", "Content-Type": content},
            body=body,
            auth_settings=["BearerToken"],
        )
        response = await self._api.call_api(*request, _request_timeout=self._timeout)
        data = await response.read()  # type: ignore[no-untyped-call]
        if 200 <= response.status < 300:
            found: Object = read_json(data) if data else {}
            return response.status, found
        return response.status, from_answer(
            what, response.status, data, response.headers.get("Retry-After")
        )
