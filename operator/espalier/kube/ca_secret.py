"""The one Secret that the operator may read: its own CA."""

from __future__ import annotations

import base64

from espalier.errors import UsageError
from espalier.kube.cluster import Cluster
from espalier.kube.errors import Conflict, NotFound
from espalier.kube.kinds import SECRET

_CERTIFICATE, _KEY = "tls.crt", "tls.key"


class CaSecret:
    """Keeps certificate and key of the CA in a Secret that exists already.

    Parameters
    ----------
    name
        Name of the Secret; if empty, nothing is kept.
    """

    def __init__(self, cluster: Cluster, namespace: str, name: str) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._name = name
        self._version = ""

    async def load(self) -> tuple[bytes, bytes] | None:
        """Return certificate and key as PEM, None while the Secret is empty.

        Raises
        ------
        UsageError
            If there is no such Secret.
        """
        if not self._name:
            return None
        try:
            found = await self._cluster.get(SECRET, self._namespace, self._name)
        except NotFound as error:
            raise UsageError(
                "--ca-secret",
                f"expected a Secret {self._namespace}/{self._name}, there is none; create it "
                "empty, as the Helm chart does",
            ) from error
        self._version = str(found["metadata"].get("resourceVersion", ""))
        data = found.get("data") or {}
        if not data.get(_CERTIFICATE) or not data.get(_KEY):
            return None
        return base64.b64decode(data[_CERTIFICATE]), base64.b64decode(data[_KEY])

    async def save(self, certificate: bytes, key: bytes) -> bool:
        """Write certificate and key; False if the Secret has changed since it was loaded."""
        if not self._name:
            return True
        body = {
            "metadata": {"resourceVersion": self._version},
            "data": {
                _CERTIFICATE: base64.b64encode(certificate).decode(),
                _KEY: base64.b64encode(key).decode(),
            },
        }
        try:
            await self._cluster.patch(SECRET, self._namespace, self._name, body)
        except Conflict:
            return False
        return True
