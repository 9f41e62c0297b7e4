"""The operator's own authority: made once, kept, trusted by sidecars, never by accident."""

from __future__ import annotations

import asyncio
import datetime
import ssl

import pytest

from espalier.errors import RetryLater, UsageError
from espalier.ingest import (
    Authority,
    issue_leaf,
    kept_authority,
    make_authority,
    server_context,
    show,
)

NOW = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)
SERVICE = "espalier.espalier-system.svc"


class Secret:
    """What is kept, and whether someone else was faster."""

    def __init__(self, kept: tuple[bytes, bytes] | None = None) -> None:
        self.kept = kept
        self.faster: tuple[bytes, bytes] | None = None
        self.saves = 0

    async def load(self) -> tuple[bytes, bytes] | None:
        return self.kept

    async def save(self, certificate: bytes, key: bytes) -> bool:
        self.saves += 1
        if self.faster is not None:
            self.kept = self.faster
            return False
        self.kept = (certificate, key)
        return True


def kept(secret: Secret, now: datetime.datetime = NOW) -> Authority:
    return asyncio.run(kept_authority(secret.load, secret.save, now))


def test_it_is_made_once() -> None:
    secret = Secret()
    first = kept(secret)
    assert kept(secret) == first
    assert secret.saves == 1


def test_of_two_operators_that_start_together_the_first_wins() -> None:
    other = make_authority(NOW)
    secret = Secret()
    secret.faster = (other.certificate_pem, other.key_pem)
    assert kept(secret) == other


def test_a_secret_that_cannot_be_written_is_tried_again() -> None:
    class Stubborn(Secret):
        async def save(self, certificate: bytes, key: bytes) -> bool:
            return False

    with pytest.raises(RetryLater):
        kept(Stubborn())


def test_what_cannot_be_used_says_what_to_do() -> None:
    one, other = make_authority(NOW), make_authority(NOW)
    later = NOW + datetime.timedelta(days=4000)
    for pair, now, why in [
        ((one.certificate_pem, other.key_pem), NOW, "does not belong"),
        ((b"-----BEGIN", one.key_pem), NOW, "cannot be read"),
        ((one.certificate_pem, b""), NOW, "cannot be read"),
        ((one.certificate_pem, one.key_pem), later, "expired"),
    ]:
        with pytest.raises(UsageError, match=f"{why}.*empty the Secret's data"):
            kept(Secret(pair), now)


def test_the_key_is_in_no_representation() -> None:
    assert "PRIVATE" not in repr(make_authority(NOW))


async def handshake(authority: Authority, context: ssl.SSLContext, host: str) -> bytes | None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    trust = ssl.create_default_context(cadata=authority.certificate_pem.decode())
    port = server.sockets[0].getsockname()[1]
    try:
        _, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=trust, server_hostname=host
        )
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        return bytes(shown)
    finally:
        server.close()


def test_a_leaf_is_trusted_for_its_names_and_by_its_authority_alone() -> None:
    now = datetime.datetime.now(datetime.UTC)
    authority, other = make_authority(now), make_authority(now)
    context = server_context(*issue_leaf(authority, [SERVICE, "127.0.0.1"], now))

    async def run() -> None:
        first = await handshake(authority, context, SERVICE)
        assert await handshake(authority, context, "127.0.0.1") == first
        for trusted, name in [(authority, "elsewhere.svc"), (other, SERVICE)]:
            with pytest.raises(ssl.SSLCertVerificationError):
                await handshake(trusted, context, name)
        # A running server shows a new leaf to whoever connects from now on.
        show(context, *issue_leaf(authority, [SERVICE], now))
        assert await handshake(authority, context, SERVICE) != first

    asyncio.run(run())


def test_a_clock_that_is_behind_by_minutes_still_trusts() -> None:
    ahead = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=5)
    authority = make_authority(ahead)
    context = server_context(*issue_leaf(authority, [SERVICE], ahead))
    assert asyncio.run(handshake(authority, context, SERVICE))
