"""The connection to the operator: one, kept alive, checked against the operator's CA."""

from __future__ import annotations

import copy
import http.client
import ssl
from typing import NamedTuple
from urllib.parse import urlsplit

MAX_ANSWER = 64 * 1024  # bytes
MAX_TOKEN = 64 * 1024
TIMEOUT_SECONDS = 10.0
# How a kept connection shows that the other side had closed it meanwhile.
STALE = (ConnectionError, http.client.RemoteDisconnected, ssl.SSLEOFError, ssl.SSLZeroReturnError)


class Answer(NamedTuple):
    """What ingest said."""

    status: int
    """The status of HTTP."""
    retry_after: str | None
    """The header `Retry-After`; None without one."""
    body: bytes
    """The body, cut off after `MAX_ANSWER` bytes."""


class IngestClient:
    """Posts to `{url}/v1/report`, or to what lies beside it.

    Parameters
    ----------
    url
        The operator's address: `https://host:port`, maybe with a path.
    ca_pem
        The certificate authority that is trusted there, and no other; as PEM.
    token_file
        Path of the service account token that each post carries.

    Raises
    ------
    ValueError
        If the URL has no host, or the authority is none.
    """

    def __init__(self, url: str, ca_pem: str, token_file: str) -> None:
        parts = urlsplit(url)
        if parts.hostname is None:
            raise ValueError(f"expected https://host:port; came {url!r}")
        self._base = f"{parts.path}/v1/"
        self._host = parts.hostname, parts.port
        self._token_file = token_file
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._context.load_verify_locations(cadata=ca_pem)
        self._connection = self._connected()

    def _connected(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(
            *self._host, timeout=TIMEOUT_SECONDS, context=self._context
        )

    def beside(self) -> IngestClient:
        """Return one for another thread: with a connection of its own, and all else the same."""
        other = copy.copy(self)
        other._connection = self._connected()
        return other

    def tell(self, body: bytes) -> Answer:
        """Say what was heard, seldom: the connection is closed afterwards. Raises as `post`."""
        try:
            return self.post(body, "heard")
        finally:
            self._connection.close()

    def tell_output(self, body: bytes) -> Answer:
        """Say what the trainer printed last, once. Raises as `post`."""
        try:
            return self.post(body, "output")
        finally:
            self._connection.close()

    def post(self, body: bytes, place: str = "report") -> Answer:
        """Send one batch, and return the answer.

        The token is read anew each time, because the kubelet replaces it.

        Raises
        ------
        OSError, http.client.HTTPException
            If no answer came.
        """
        with open(self._token_file, encoding="ascii") as file:
            headers = {
                "Authorization": f"Bearer {file.read(MAX_TOKEN).strip()}",
                "Content-Type": "application/json",
            }
        kept = self._connection.sock is not None
        try:
            return self._exchange(self._base + place, body, headers)
        except STALE:
            # A report may be sent twice: the operator knows what it has.
            if not kept:
                raise
            return self._exchange(self._base + place, body, headers)

    def _exchange(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        try:
            self._connection.request("POST", path, body, headers)
            response = self._connection.getresponse()
            content = response.read(MAX_ANSWER)
            if not response.isclosed():
                self._connection.close()
            return Answer(response.status, response.getheader("Retry-After"), content)
        except BaseException:
            self._connection.close()
            raise
