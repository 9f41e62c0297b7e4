"""The read API as one process, beside the operator's: its parts, brought up and down in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from espalier.errors import RetryLater
from espalier.ingest import kept_authority
from espalier.ingest.rate import Buckets
from espalier.kube import STUDY, CaSecret, Cluster, NotFound, Refused, TokenBucket
from espalier.kube import access as reviews
from espalier.process.core import patiently
from espalier.process.leaf import Leaf
from espalier.read_api.callers import Caller, Callers
from espalier.read_api.known_studies import KnownStudies
from espalier.read_api.server import ReadApi
from espalier.store.sqlite.beside import StoreBeside

_LOG = logging.getLogger(__name__)
_CA_SECONDS = 300.0
"""Between two looks whether another CA vouches for people."""
_UNKNOWN_TOKENS = (5.0, 40.0)
"""Tokens of an address that the API server is asked about, a second and at once."""


@dataclass(frozen=True, slots=True)
class ReaderOptions:
    """The flags of `espalier serve`."""

    kubeconfig: str | None
    """Path of the kubeconfig; the pod's own credentials if None."""
    own_namespace: str
    """Where the operator runs, and its Secret is."""
    ca_secret: str
    """Name of the Secret that keeps the CA; nothing is kept if empty."""
    store: str
    """URL of the store."""
    read_port: int
    """Where questions are answered."""
    read_url: str
    """The same, as it is reached in the cluster."""
    namespaces: tuple[str, ...] = ()
    """Namespaces whose Studies the operator runs; all if there is none."""
    certificates: bool = False
    """Whether client certificates of the cluster's are taken."""


class ClusterAuthority:
    """Asks the API server who somebody is, and what they may see.

    Parameters
    ----------
    cluster
        Where it is.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def caller(self, token: str) -> Caller | None:
        """Return whose token it is; None where it is nobody's."""
        user = await reviews.user_of(self._cluster, token)
        if user is None:
            return None
        extra = tuple(
            (str(key), tuple(values)) for key, values in sorted((user.get("extra") or {}).items())
        )
        groups = tuple(user.get("groups") or ())
        return Caller(str(user["username"]), groups, str(user.get("uid") or ""), extra)

    async def allowed(self, caller: Caller, verb: str, namespace: str, name: str) -> bool:
        """Return whether somebody may do this with Studies; empty names mean all."""
        return await reviews.allowed(
            self._cluster,
            caller.user,
            caller.groups,
            caller.uid,
            dict(caller.extra),
            verb=verb,
            namespace=namespace,
            name=name,
        )


class ReaderProcess:
    """All parts of the read API; `run` brings them up, serves, and takes them down.

    Parameters
    ----------
    options
        The flags.
    """

    def __init__(self, options: ReaderOptions) -> None:
        self._options = options
        self._stop = asyncio.Event()
        self.port: int | None = None

    def stop(self) -> None:
        """Have `run` take everything down and return."""
        self._stop.set()

    async def run(self) -> None:
        """Run until `stop` is called."""
        options = self._options
        async with contextlib.AsyncExitStack() as stack:
            cluster = await stack.enter_async_context(
                await Cluster.connect(options.kubeconfig, limiter=TokenBucket(20.0, 60))
            )
            ca = CaSecret(cluster, options.own_namespace, options.ca_secret)
            authority = await patiently(lambda: kept_authority(ca.load, ca.save, datetime.now(UTC)))
            leaf = Leaf(authority, options.read_url)
            stack.callback(leaf.keep_fresh().cancel)

            async def look(namespace: str, name: str) -> Mapping[str, Any] | None:
                try:
                    return await cluster.get(STUDY, namespace, name)
                except (NotFound, Refused):  # gone, or not this operator's any more
                    return None

            if options.certificates:
                stack.callback(_take_certificates(cluster, leaf.context).cancel)
            studies = KnownStudies(StoreBeside(options.store))
            unknown = Buckets(*_UNKNOWN_TOKENS)
            callers = Callers(
                ClusterAuthority(cluster), wait=lambda peer: unknown.take(peer, time.monotonic())
            )
            api = ReadApi(studies, callers, look, partial(_listed, cluster, options.namespaces))
            self.port = await api.start(None, options.read_port, leaf.context)
            stack.push_async_callback(api.stop)
            _LOG.info("the read API answers on port %d", self.port)
            await self._stop.wait()


async def _listed(cluster: Cluster, namespaces: tuple[str, ...]) -> Sequence[Mapping[str, Any]]:
    """Return what a list says of the operator's Studies: not their templates, which are large."""
    found: list[Mapping[str, Any]] = []
    for namespace in namespaces or (None,):
        try:
            async for page, _ in cluster.pages(STUDY, namespace):
                found += [_short(each) for each in page]
        except Refused as error:  # one that is not this operator's any more
            _LOG.warning("the Studies of %s cannot be listed: %s", namespace or "all", error)
    return found


def _short(study: Mapping[str, Any]) -> Mapping[str, Any]:
    spec = study.get("spec") or {}
    kept = {key: spec[key] for key in ("objective", "trials", "suspend") if key in spec}
    return {"metadata": {"uid": study["metadata"]["uid"]}, "spec": kept} | {
        key: study[key] for key in ("status",) if key in study
    }


def _take_certificates(cluster: Cluster, context: ssl.SSLContext) -> asyncio.Task[None]:
    """Return the task that has the TLS context take the cluster's client certificates."""

    async def keep() -> None:
        taken = ""
        while True:
            try:
                found = await reviews.client_authorities(cluster)
                if found is not None and found != taken:
                    context.load_verify_locations(cadata=found)
                    context.verify_mode = ssl.CERT_OPTIONAL
                    taken = found
            except (RetryLater, ssl.SSLError) as error:
                _LOG.warning("client certificates are not taken yet: %s", error)
            await asyncio.sleep(_CA_SECONDS)

    return asyncio.get_running_loop().create_task(keep(), name="client-ca")


async def run_reader(options: ReaderOptions) -> None:
    """Serve the read API until SIGTERM or SIGINT."""
    process = ReaderProcess(options)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, process.stop)
    await process.run()
