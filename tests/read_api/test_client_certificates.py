"""A client certificate says who somebody is as the API server would read it, or nothing."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from espalier.ingest import Authority, issue_leaf, make_authority, server_context
from espalier.read_api.callers import Caller
from espalier.read_api.client_certificates import caller_of

NOW = datetime.datetime.now(datetime.UTC)
CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH


def shown(
    authority: Authority, folder: Path, usage: x509.ObjectIdentifier, *names: tuple[str, str]
) -> Path:
    """Write a certificate and its key into one file."""
    oids = {"CN": NameOID.COMMON_NAME, "O": NameOID.ORGANIZATION_NAME}
    key = ec.generate_private_key(ec.SECP256R1())
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(oids[k], v) for k, v in names]))
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - datetime.timedelta(hours=1))
        .not_valid_after(NOW + datetime.timedelta(hours=1))
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    path = folder / "client.pem"
    pem = serialization.Encoding.PEM
    path.write_bytes(
        made.public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


async def seen(authority: Authority, certificate: Path | None) -> Caller | None:
    """Return who a server takes the one for who shows a certificate."""
    context = server_context(*issue_leaf(authority, ["localhost"], NOW))
    context.load_verify_locations(cadata=authority.certificate_pem.decode())
    context.verify_mode = ssl.CERT_OPTIONAL
    found: asyncio.Future[Caller | None] = asyncio.get_running_loop().create_future()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peercert")
        found.set_result(caller_of(peer, NOW.timestamp()))
        writer.write(b"seen")
        await writer.drain()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0, ssl=context)
    client = ssl.create_default_context(cadata=authority.certificate_pem.decode())
    if certificate is not None:
        client.load_cert_chain(certificate)
    port = server.sockets[0].getsockname()[1]
    async with server:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=client, server_hostname="localhost"
        )
        try:
            await reader.readexactly(4)
            return await found
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()


def test_the_common_name_is_the_user_and_organizations_are_groups(tmp_path: Path) -> None:
    authority = make_authority(NOW)
    names = (("O", "team-a"), ("O", "team-b"), ("CN", "ada"))
    certificate = shown(authority, tmp_path, CLIENT, *names)
    caller = asyncio.run(seen(authority, certificate))
    assert caller == Caller("ada", ("team-a", "team-b", "system:authenticated"))


def test_nobody_is_seen_without_one(tmp_path: Path) -> None:
    assert asyncio.run(seen(make_authority(NOW), None)) is None


def test_one_without_a_name_says_nothing(tmp_path: Path) -> None:
    authority = make_authority(NOW)
    certificate = shown(authority, tmp_path, CLIENT, ("O", "system:masters"))
    assert asyncio.run(seen(authority, certificate)) is None


@pytest.mark.parametrize("forged", ["another authority", "a server's certificate"])
def test_one_that_nobody_vouches_for_ends_the_connection(forged: str, tmp_path: Path) -> None:
    authority = make_authority(NOW)
    issuer = authority if forged.startswith("a server") else make_authority(NOW)
    usage = SERVER if issuer is authority else CLIENT
    certificate = shown(issuer, tmp_path, usage, ("CN", "ada"), ("O", "system:masters"))
    with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
        asyncio.run(seen(authority, certificate))


def test_one_that_has_ended_says_nothing() -> None:
    known = {"subject": ((("commonName", "ada"),),), "notAfter": "Jan  1 00:00:00 2020 GMT"}
    assert caller_of(known, NOW.timestamp()) is None
    assert caller_of(known, 0.0) == Caller("ada", ("system:authenticated",))
