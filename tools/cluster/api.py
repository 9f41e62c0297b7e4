"""Kubeconfig files, and the few questions that the tool itself asks an API server."""

import base64
import json
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tools.cluster.certificates import Authority


def write_kubeconfig(
    path: Path,
    server: str,
    authority: Authority,
    name: str,
    user: str,
    groups: tuple[str, ...] = (),
) -> Path:
    """Write a kubeconfig that carries its certificates inside, and return its path."""
    certificate, key = authority.issue(name, user, groups)

    def inline(file: Path) -> str:
        return base64.b64encode(file.read_bytes()).decode()

    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "espalier",
                "cluster": {
                    "server": server,
                    "certificate-authority-data": inline(authority.certificate_file),
                },
            }
        ],
        "users": [
            {
                "name": user,
                "user": {
                    "client-certificate-data": inline(certificate),
                    "client-key-data": inline(key),
                },
            }
        ],
        "contexts": [{"name": "espalier", "context": {"cluster": "espalier", "user": user}}],
        "current-context": "espalier",
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(content, indent=1))  # JSON is YAML
    return path


class Api:
    """A client of one API server with the rights of `system:masters`."""

    def __init__(self, server: str, authority: Authority) -> None:
        certificate, key = authority.issue("admin", "admin", ("system:masters",))
        self._server = server
        self._context = ssl.create_default_context(cafile=str(authority.certificate_file))
        self._context.load_cert_chain(certificate, key)

    def get(self, path: str) -> Any:
        """Return the answer, or None where there is none or a refusal."""
        try:
            return self._send("GET", path)
        except (urllib.error.URLError, OSError):
            return None

    def healthy(self, path: str = "/readyz") -> bool:
        """Tell whether a health endpoint says ok."""
        request = urllib.request.Request(self._server + path)
        try:
            with urllib.request.urlopen(request, context=self._context, timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def apply(self, path: str, body: dict[str, Any]) -> Any:
        """Server-side apply one object."""
        query = f"{path}?fieldManager=espalier-cluster&force=true"
        return self._send("PATCH", query, body, "application/apply-patch+yaml")

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        """Merge a patch into one object."""
        return self._send("PATCH", path, body, "application/merge-patch+json")

    def delete(self, path: str) -> None:
        """Delete one object, or all of a collection; one that is not there is as good as gone."""
        try:
            self._send("DELETE", path)
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise

    def _send(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        content_type: str = "application/json",
    ) -> Any:
        request = urllib.request.Request(
            self._server + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": content_type},
            method=method,
        )
        with urllib.request.urlopen(request, context=self._context, timeout=10) as answer:
            return json.loads(answer.read())
