"""A person's way to the read API: GET requests with what his kubeconfig has.

By default they go through the API server's service proxy, which asks for no address, certificate or
Ingress. It keeps the header `Authorization` to itself, so the token goes in one of our own as well.
Who has a certificate alone has nothing that could be passed on: he shows it at the end of a tunnel.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp
from kubernetes.aio import client

from espalier.errors import RetryLater, UsageError
from espalier.kube.answers import parse_object
from espalier.kube.credentials import api_client, token_of
from espalier.kube.read_answers import error_of, is_out_of_place
from espalier.kube.tunnel import tunnel

HEADER = "X-Espalier-Authorization"
Pairs = Iterable[tuple[str, str]]
_COMPONENT = "app.kubernetes.io/component=read"
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class ReadService:
    """The Service of the read API.

    Parameters
    ----------
    namespace, name, port
        Where it is.
    """

    namespace: str = "espalier-system"
    name: str = "espalier-read"
    port: int = 8444

    @property
    def path(self) -> str:
        """Where the API server passes requests on to it."""
        return f"/api/v1/namespaces/{self.namespace}/services/https:{self.name}:{self.port}/proxy"

    def __str__(self) -> str:
        """Return it as a person writes it."""
        return f"{self.namespace}/{self.name}:{self.port}"


class ReadConnection:
    """Asks the read API.

    Parameters
    ----------
    api
        What the kubeconfig has: its connection is used.
    place
        The URL below which the read API's paths are, or the Service behind the API server.
    headers
        Sent with each request.
    tls
        What the server's certificate is checked by, and what is shown to it; None is what this
        machine trusts.
    held
        What is given up when the connection is closed.
    """

    def __init__(
        self,
        api: client.ApiClient,
        place: str | ReadService,
        headers: Mapping[str, str],
        *,
        tls: ssl.SSLContext | None = None,
        held: AsyncExitStack | None = None,
    ) -> None:
        self._api, self._place, self._looked = api, place, False
        self._held = held or AsyncExitStack()
        self._options: dict[str, Any] = {"allow_redirects": False}
        if isinstance(place, ReadService):
            settings = api.configuration
            self._options |= {"proxy": settings.proxy, "server_hostname": settings.tls_server_name}
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=tls or True),
            headers=dict(headers),
            timeout=aiohttp.ClientTimeout(total=None, connect=10.0, sock_read=60.0),
            trust_env=True,
        )

    @classmethod
    async def inside(cls, kubeconfig: str, context: str | None, service: ReadService) -> Self:
        """Connect to the Service: through the API server's proxy, or without a token by a tunnel.

        Raises
        ------
        UsageError
            If the kubeconfig cannot be used, has nothing to be known by, or there is no tunnel.
        RetryLater
            If no tunnel opens.
        """
        api = await api_client(kubeconfig, context)
        try:
            token, settings = token_of(api), api.configuration
            if token is not None:
                headers = {"Authorization": f"Bearer {token}", HEADER: f"Bearer {token}"}
                return cls(api, service, headers, tls=api.rest_client.ssl_context)
            if not settings.cert_file:
                raise UsageError(
                    "--kubeconfig",
                    "expected a token or a certificate by which the read API can know you, got "
                    "neither; log in, or give a --context that has one",
                )
            async with AsyncExitStack() as stack:
                opened = tunnel(kubeconfig, context, service.namespace, service.name, service.port)
                port = await stack.enter_async_context(opened)
                tls = _shown(settings.cert_file, settings.key_file)
                place = f"https://127.0.0.1:{port}"
                return cls(api, place, {}, tls=tls, held=stack.pop_all())
        except BaseException:
            await api.close()  # type: ignore[no-untyped-call]
            raise

    @classmethod
    async def at(cls, kubeconfig: str, context: str | None, url: str) -> Self:
        """Connect to where an Ingress has the read API.

        Raises
        ------
        UsageError
            If it is no such address, or the kubeconfig cannot be used or has no token.
        """
        base = _checked(url)
        api = await api_client(kubeconfig, context)
        token = token_of(api)
        if token is None:
            await api.close()  # type: ignore[no-untyped-call]
            raise UsageError(
                "--server",
                "expected a token by which you are known there, your kubeconfig has none; log in "
                "with one, or leave --server away",
            )
        return cls(api, base, {"Authorization": f"Bearer {token}"})

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()
        await self._held.aclose()
        await self._api.close()  # type: ignore[no-untyped-call]

    async def __aenter__(self) -> Self:
        """Return itself, connected."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self.close()

    async def get(self, path: str, query: Pairs = ()) -> dict[str, Any]:
        """Return the JSON object that is there.

        Raises
        ------
        UsageError
            If there is no such thing, or who asks may not see it.
        RetryLater
            If what answers is away.
        """
        async with self.opened(path, query) as answer:
            return parse_object(self._route(), await answer.read())

    async def lines(self, path: str, query: Pairs = ()) -> AsyncIterator[str]:
        """Yield the lines of a text that is there, as they come.

        Raises
        ------
        UsageError, RetryLater
            As for `get`.
        """
        rest = b""
        async with self.opened(path, query) as answer:
            async for chunk in answer.content.iter_chunked(_CHUNK):
                *whole, rest = (rest + chunk).split(b"\n")
                for line in whole:
                    yield line.decode()
        if rest:
            yield rest.decode()

    @asynccontextmanager
    async def opened(
        self, path: str, query: Pairs = (), headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Give an answer whose body is still to be read.

        Raises
        ------
        UsageError, RetryLater
            As for `get`.
        """
        options = {"params": list(query), "headers": dict(headers or {}), **self._options}
        try:
            while True:
                async with self._session.get(f"{self._base()}{path}", **options) as answer:
                    if answer.status < 300 or answer.status == 304:
                        yield answer
                        return
                    body = await answer.read()
                    if not (is_out_of_place(answer.status, body) and await self._moved()):
                        raise error_of(self._route(), answer.status, body)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise RetryLater(f"{self._route()}: no answer ({error!r}); try again") from error

    def _base(self) -> str:
        if isinstance(self._place, str):
            return self._place
        return f"{self._api.configuration.host}{self._place.path}"

    def _route(self) -> str:
        return self._place if isinstance(self._place, str) else f"the Service {self._place}"

    async def _moved(self) -> bool:
        """Look once for the Service by its label, and tell whether it is another one than said.

        Who may not list Services does not learn it.
        """
        if self._looked or isinstance(self._place, str):
            return False
        self._looked = True
        host = self._api.configuration.host
        options = {"params": {"labelSelector": _COMPONENT}, **self._options}
        async with self._session.get(f"{host}/api/v1/services", **options) as answer:
            found = parse_object("list services", await answer.read()) if answer.ok else {}
        for each in found.get("items") or ():
            metadata, ports = each["metadata"], each["spec"]["ports"]
            place = ReadService(metadata["namespace"], metadata["name"], int(ports[0]["port"]))
            if place != self._place:
                self._place = place
                return True
        return False


def _shown(certificate: str, key: str | None) -> ssl.SSLContext:
    """Return the TLS of a tunnel: it shows a certificate, and takes any.

    The API server, whose own certificate is checked, has picked the pod at the tunnel's other end.
    The operator's CA is not known out here: its Secret is read by nobody.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.load_cert_chain(certificate, key)
    return context


def _checked(url: str) -> str:
    parts = urlsplit(url)
    own = parts.hostname == "localhost"
    try:
        own = own or ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        own = own or False
    if parts.scheme != "https" and not (parts.scheme == "http" and own):
        raise UsageError(
            "--server",
            f"expected https://HOST, got {url[:100]!r}; your token is sent there, so nothing else "
            "will do",
        )
    return url.rstrip("/")
