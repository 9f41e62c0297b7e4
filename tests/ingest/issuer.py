"""An issuer of service account tokens as the API server is one: keys, discovery, tokens."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from espalier.errors import RetryLater
from espalier.ingest.keys import DISCOVERY
from espalier.kube import NotServed

ISSUER = "https://kubernetes.default.svc.cluster.local"
AUDIENCE = "espalier-ingest"
NOW = 1_700_000_000.0

_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_CURVES: dict[str, ec.EllipticCurve] = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1()}


class Issuer:
    """Signs tokens and shows its keys; can be away, or silent about its keys."""

    def __init__(self, algorithm: str = "RS256", kid: str = "key-1") -> None:
        self.algorithm, self.kid = algorithm, kid
        self.error: Exception | None = None
        self.read: list[str] = []
        self.key: Any = (
            _RSA if algorithm.startswith("RS") else ec.generate_private_key(_CURVES[algorithm])
        )
        made: Any = RSAAlgorithm if algorithm.startswith("RS") else ECAlgorithm
        public = made.to_jwk(self.key.public_key(), as_dict=True)
        self.published: dict[str, Any] = {"keys": [public | {"kid": kid, "use": "sig"}]}

    async def document(self, path: str) -> Mapping[str, Any]:
        """Read one of the two documents."""
        self.read.append(path)
        if self.error is not None:
            raise self.error
        return {"issuer": ISSUER} if path == DISCOVERY else self.published

    def away(self) -> None:
        """Answer no more."""
        self.error = RetryLater("the API server does not answer")

    def silent(self) -> None:
        """Show no keys."""
        self.error = NotServed("404 page not found")

    def claims(self, pod: str = "pod-7", *, at: float = NOW, **changed: Any) -> dict[str, Any]:
        """Return what the API server writes into the token of a pod."""
        made: dict[str, Any] = {
            "aud": [AUDIENCE],
            "exp": int(at) + 3600,
            "iat": int(at),
            "nbf": int(at),
            "iss": ISSUER,
            "jti": "5b1c2d57-0f5e-4d0c-8a6c-6d3b6d7d4a1e",
            "sub": "system:serviceaccount:research:default",
            "kubernetes.io": {
                "namespace": "research",
                "pod": {"name": pod, "uid": f"uid-{pod}"},
                "serviceaccount": {"name": "default", "uid": "uid-account"},
            },
        } | changed
        return {key: value for key, value in made.items() if value is not None}

    def token(
        self, pod: str = "pod-7", *, at: float = NOW, kid: str | None = "", **changed: Any
    ) -> str:
        """Return a signed token; a claim that is None is left out."""
        headers = {} if kid is None else {"kid": kid or self.kid}
        claims = self.claims(pod, at=at, **changed)
        return jwt.encode(claims, self.key, self.algorithm, headers=headers)


def part(data: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
