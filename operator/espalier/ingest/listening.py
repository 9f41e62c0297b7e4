"""The sockets that ingest listens on, and how many file descriptors it may hold."""

from __future__ import annotations

import logging
import resource
import socket

_LOG = logging.getLogger(__name__)
_OTHERS = 256
"""File descriptors that are left for the store, the API server, the probes."""


def listening(host: str | None, port: int) -> socket.socket:
    """Listen, on all addresses of both kinds if `host` is None."""
    if host is None and socket.has_dualstack_ipv6():
        try:
            return _bound(socket.AF_INET6, "", port)
        except OSError as error:  # a host that has IPv6 switched off
            _LOG.info("listening on IPv4 only: %s", error)
    return _bound(socket.AF_INET6 if ":" in (host or "") else socket.AF_INET, host or "", port)


def _bound(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    both = family == socket.AF_INET6 and not host
    made = socket.create_server((host, port), family=family, backlog=1024, dualstack_ipv6=both)
    made.setblocking(False)
    return made


def connections_possible(wanted: int) -> int:
    """Return how many connections file descriptors are left for, at most `wanted`.

    The process's own limit is raised as far as it may be.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + _OTHERS
    if soft < needed:
        raised = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        if raised > soft:
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
            soft = raised
    possible = max(1, min(wanted, soft - _OTHERS))
    if possible < wanted:
        _LOG.warning(
            "%d connections at most, not %d: the process may have %d file descriptors",
            possible,
            wanted,
            soft,
        )
    return possible
