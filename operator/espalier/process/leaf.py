"""The certificate that ingest shows: made at the start, and again long before it ends."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from datetime import UTC, datetime
from urllib.parse import urlsplit

from espalier.errors import UsageError
from espalier.ingest import Authority, issue_leaf, server_context, show

_LOG = logging.getLogger(__name__)

_RENEW_SECONDS = 30 * 24 * 3600.0


class Leaf:
    """A server certificate for the ingest URL's host, and the TLS context that shows it."""

    def __init__(self, authority: Authority, url: str) -> None:
        self._authority = authority
        self._names = names_of(url)
        self.context = server_context(*self._issue())

    def _issue(self) -> tuple[bytes, bytes]:
        return issue_leaf(self._authority, self._names, datetime.now(UTC))

    def keep_fresh(self) -> asyncio.Task[None]:
        """Return the task that makes the certificate anew from time to time."""
        return asyncio.get_running_loop().create_task(self._renew(), name="leaf")

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            try:
                show(self.context, *self._issue())
            except Exception:  # the present one goes on, and the next try is due in time
                _LOG.exception("ingest could not make a new certificate")
            else:
                _LOG.info("ingest shows a new certificate")


def names_of(url: str) -> tuple[str, ...]:
    """Return the host of an ingest URL, and what else pods may call a Service of that name.

    Raises
    ------
    UsageError
        If it is not an https URL with a host.
    """
    parts = urlsplit(url)
    host = parts.hostname
    if parts.scheme != "https" or not host:
        raise UsageError("--ingest-url", f"expected https://HOST:PORT, got {url!r}; correct it")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        short = host.removesuffix(".svc")
        also = (short, f"{host}.cluster.local") if short != host else ()
        return (host, *also)
    return (host,)
