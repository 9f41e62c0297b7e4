"""The authority that the operator is to itself, and the certificate that ingest shows.

Sidecars trust the authority alone; it is made once and kept, so that an upgrade or a restart does
not cut running pods off. The leaf lives in memory and is made anew at each start.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from espalier.errors import RetryLater, UsageError

_AUTHORITY_DAYS, _LEAF_DAYS = 3650, 90
# A pod's clock may be behind ours.
_SKEW = datetime.timedelta(hours=1)
_CRITICAL, _OPTIONAL = True, False

Load = Callable[[], Awaitable[tuple[bytes, bytes] | None]]
"""Returns the kept certificate and key as PEM, None if there are none yet."""
Save = Callable[[bytes, bytes], Awaitable[bool]]
"""Keeps a certificate and key; False if someone else has kept others meanwhile."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority; `certificate_pem` is public, `key_pem` is not."""

    certificate_pem: bytes
    key_pem: bytes = field(repr=False)

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate, parsed."""
        return x509.load_pem_x509_certificate(self.certificate_pem)

    @property
    def key(self) -> ec.EllipticCurvePrivateKey:
        """The private key, parsed."""
        key = serialization.load_pem_private_key(self.key_pem, None)
        return cast(ec.EllipticCurvePrivateKey, key)


async def kept_authority(load: Load, save: Save, now: datetime.datetime) -> Authority:
    """Return the authority that is kept; make and keep one if there is none.

    Raises
    ------
    UsageError
        If what is kept cannot be used.
    RetryLater
        If another operator kept one in the same moment: load it.
    """
    kept = await load()
    if kept is not None:
        return _usable(Authority(*kept), now)
    made = make_authority(now)
    if await save(made.certificate_pem, made.key_pem):
        return made
    kept = await load()
    if kept is None:
        raise RetryLater("the authority's Secret cannot be written; trying again", after=2)
    return _usable(Authority(*kept), now)


def _usable(authority: Authority, now: datetime.datetime) -> Authority:
    try:
        certificate = authority.certificate
        matches = certificate.public_key() == authority.key.public_key()
    except (ValueError, TypeError, AttributeError) as error:
        raise _unusable(f"it cannot be read: {error}") from error
    if not matches:
        raise _unusable("the key does not belong to the certificate")
    if now >= certificate.not_valid_after_utc:
        raise _unusable(f"it expired at {certificate.not_valid_after_utc:%Y-%m-%d}")
    return authority


def _unusable(why: str) -> UsageError:
    return UsageError(
        "--ca-secret",
        f"expected a certificate authority in it; {why}; empty the Secret's data to have a new "
        "one made (running pods keep trusting the old one until they end)",
    )


def make_authority(now: datetime.datetime) -> Authority:
    """Make a new authority, valid for ten years."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "espalier-ingest-ca")])
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        _builder(name, name, key, now, _AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), _CRITICAL)
        .add_extension(usage, _CRITICAL)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate.public_bytes(serialization.Encoding.PEM), _pem(key))


def issue_leaf(
    authority: Authority, names: Iterable[str], now: datetime.datetime
) -> tuple[bytes, bytes]:
    """Return a server certificate for these DNS names and addresses, and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate
    certificate = (
        _builder(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "espalier-ingest")]),
            issuer.subject,
            key,
            now,
            _LEAF_DAYS,
        )
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), _OPTIONAL)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), _CRITICAL)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), _OPTIONAL)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()),
            _OPTIONAL,
        )
        .sign(authority.key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM), _pem(key)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    now: datetime.datetime,
    days: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), _OPTIONAL)
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def server_context(certificate_pem: bytes, key_pem: bytes) -> ssl.SSLContext:
    """Return a context that shows a certificate; TLS 1.2 and later."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    show(context, certificate_pem, key_pem)
    return context


def show(context: ssl.SSLContext, certificate_pem: bytes, key_pem: bytes) -> None:
    """Show another certificate to whoever connects from now on."""
    # OpenSSL reads files only; this one lies in memory and has no name, for the root file system
    # is read-only and the key is nobody else's business.
    handle = os.memfd_create("leaf", os.MFD_CLOEXEC)
    try:
        os.write(handle, certificate_pem + key_pem)
        context.load_cert_chain(f"/proc/self/fd/{handle}")
    finally:
        os.close(handle)
