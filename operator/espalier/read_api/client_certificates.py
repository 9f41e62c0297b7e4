"""Whose client certificate a connection has shown, as the API server reads it."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any

from espalier.read_api.callers import Caller

_ALL_USERS = "system:authenticated"


def caller_of(certificate: Mapping[str, Any] | None, now: float) -> Caller | None:
    """Return who a certificate is of: its common name, with its organizations as groups.

    Parameters
    ----------
    certificate
        What `ssl.SSLSocket.getpeercert` says of one that the cluster's CA vouches for; empty
        without one.
    now
        Seconds since the epoch: a connection may outlive its certificate.
    """
    if not certificate or ssl.cert_time_to_seconds(str(certificate["notAfter"])) <= now:
        return None
    names = [pair for part in certificate.get("subject", ()) for pair in part]
    users = [value for key, value in names if key == "commonName"]
    groups = [value for key, value in names if key == "organizationName"]
    if not users or not users[-1]:
        return None
    return Caller(users[-1], (*groups, _ALL_USERS))
