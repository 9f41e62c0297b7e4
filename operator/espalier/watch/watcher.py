"""The watches, in a thread and an event loop of their own.

kopf cancels the tasks of its loop when it exits, and it exits on errors that concern one watch
(docs/adr: kopf as a thin shell). So it runs alone in its loop, is started again when it exits, and
hands on what it sees.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import kopf
from kopf._core.engines import peering

from espalier.kube import watched
from espalier.planning.world.names import DOMAIN
from espalier.watch.signs import Signs, paths_of

_LOG = logging.getLogger(__name__)

Seen = Callable[[str, bool, Mapping[str, Any]], None]
"""Called in the watcher's thread with plural, whether the object was deleted, and the object."""

_LONGEST_PAUSE = 30.0
_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class Watcher:
    """Runs kopf until it is stopped, however often it exits.

    Parameters
    ----------
    seen
        Told of every event.
    namespaces
        Where to watch; everywhere if empty.
    kubeconfig
        A kubeconfig file; without it, the pod's own service account.
    seconds
        How long a watch lasts. It is opened anew then: without events that is its sign of life.
    on_begun
        Called in the watcher's thread when a watch has begun, for the first time or anew after an
        error: of what was deleted before that, nothing is seen.
    """

    def __init__(
        self,
        seen: Seen,
        *,
        namespaces: Sequence[str] = (),
        kubeconfig: str | None = None,
        seconds: int = 60,
        on_begun: Callable[[], None] = lambda: None,
    ) -> None:
        self._seen = seen
        self._namespaces = tuple(namespaces)
        self._kubeconfig = kubeconfig
        self._seconds = seconds
        self._thread = threading.Thread(target=self._run, name="espalier-watch", daemon=True)
        self._stopping = threading.Event()
        self._stop_flag: threading.Event | None = None
        self.restarts = 0
        self._signs = Signs(
            paths_of((each.kind for each in watched()), self._namespaces or (None,)),
            on_begun=on_begun,
        )

    def start(self) -> None:
        """Start watching in the background."""
        self._thread.start()

    def ages(self) -> dict[str, float]:
        """Return the seconds since the watch of each kind showed a sign of life."""
        return self._signs.ages()

    def stop(self, timeout: float = 5.0) -> None:
        """Stop watching and wait for the thread, but not for ever."""
        self._stopping.set()
        if self._stop_flag is not None:
            self._stop_flag.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        pause = 1.0
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                asyncio.run(self._watch())
            except BaseException as error:  # kopf ends in many ways, also by SystemExit
                _LOG.warning("the watches ended: %r", error)
            if self._stopping.is_set():
                return
            self.restarts += 1
            pause = 1.0 if time.monotonic() - began > 60.0 else min(_LONGEST_PAUSE, 2 * pause)
            _LOG.warning("watching again in %.0f s", pause)
            self._stopping.wait(pause)

    async def _watch(self) -> None:
        self._stop_flag = threading.Event()
        await kopf.operator(
            registry=self._registry(),
            settings=_settings(self._seconds),
            clusterwide=not self._namespaces,
            namespaces=self._namespaces,
            standalone=True,
            stop_flag=self._stop_flag,
            # kopf would make one up from the user's name, and an arbitrary uid has none.
            identity=peering.Identity("espalier"),
        )

    def _registry(self) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()
        kopf.on.login(registry=registry)(self._login)
        for kind, label in ((each.kind, each.label) for each in watched()):
            kopf.on.event(
                kind.group,
                kind.version,
                kind.plural,
                id=f"see-{kind.plural}",
                registry=registry,
                labels={label: kopf.PRESENT} if label else None,
            )(self._handler(kind.plural))
        return registry

    def _handler(self, plural: str) -> Callable[..., Any]:
        async def see(event: Mapping[str, Any], **_: Any) -> None:
            namespace = event["object"].get("metadata", {}).get("namespace")
            self._signs.heard((plural, namespace if self._namespaces else None))
            self._seen(plural, event["type"] == "DELETED", event["object"])

        return see

    async def _login(self, **kwargs: Any) -> kopf.AiohttpSession | None:
        """Log in by a session of our own, which tells of each watch that is opened."""
        info = await asyncio.to_thread(self._connection, **kwargs)
        if info is None:
            return None
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=info.as_ssl_context()),
            headers=info.as_http_headers(),
            proxy=info.proxy_url,
            trust_env=self._kubeconfig is not None,  # as `espalier.kube.Cluster` does
            trace_configs=[self._signs.tracing()],
        )
        return kopf.AiohttpSession(
            server=info.server,
            default_namespace=info.default_namespace,
            aiohttp_session=session,
        )

    def _connection(self, **kwargs: Any) -> kopf.ConnectionInfo | None:
        if self._kubeconfig is None:
            return _as_pod()
        # kopf reads the path from the environment alone.
        os.environ["KUBECONFIG"] = os.path.expanduser(self._kubeconfig)
        return kopf.login_with_kubeconfig(**kwargs)


def _as_pod() -> kopf.ConnectionInfo:
    """Log in with the pod's service account, at the address that needs no DNS."""
    token = (_ACCOUNT / "token").read_text(encoding="utf-8").strip()
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    return kopf.ConnectionInfo(server=server, ca_path=str(_ACCOUNT / "ca.crt"), token=token)


def _settings(seconds: int) -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.posting.loggers = False
    settings.scanning.disabled = True
    settings.peering.standalone = True
    settings.networking.request_timeout = 30.0
    settings.networking.connect_timeout = 5.0
    settings.watching.connect_timeout = 5.0
    settings.watching.server_timeout = seconds  # whole: the API server refuses "60.0"
    settings.watching.client_timeout = seconds + 30.0
    settings.queueing.worker_limit = None
    settings.persistence.finalizer = f"{DOMAIN}/kopf"
    for each in watched():
        if each.label:
            settings.watching.label_selectors[each.kind.plural] = each.label
    return settings
