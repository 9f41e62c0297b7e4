"""Who has a certificate alone shows it at the end of a tunnel, which ends with the command."""

from __future__ import annotations

import asyncio
import base64
import datetime
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import yaml
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from espalier.errors import UsageError
from espalier.kube import ReadConnection, ReadService
from espalier.kube.tunnel import tunnel

KUBECTL = """#!/bin/sh
echo "$$ $KUBECONFIG $*" >> {log}
{act}
"""
OPENS = 'echo "Forwarding from 127.0.0.1:{port} -> 8444"; exec sleep 600'
REFUSES = 'echo "error: pods is forbidden: User \\"jo\\" cannot list" >&2; exit 1'


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Return the files of a certificate that vouches for itself, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "jo")])
    begin = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    (tmp_path / "crt").write_bytes(made.public_bytes(pem))
    written = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    (tmp_path / "key").write_bytes(written)
    return tmp_path / "crt", tmp_path / "key"


def kubectl(folder: Path, monkeypatch: pytest.MonkeyPatch, act: str) -> Path:
    """Put what plays kubectl onto the path; return the file in which it says how it was called."""
    log, tool = folder / "log", folder / "kubectl"
    tool.write_text(KUBECTL.format(log=log, act=act))
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return log


@asynccontextmanager
async def serving(certificate: tuple[Path, Path]) -> AsyncIterator[int]:
    """Serve what says whose certificate was shown; give the port."""

    async def whose(request: web.Request) -> web.Response:
        shown = request.transport.get_extra_info("peercert") if request.transport else None
        subject = dict(pair for part in (shown or {}).get("subject", ()) for pair in part)
        return web.json_response({"name": subject.get("commonName")})

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificate[0]))
    context.load_cert_chain(*certificate)
    context.verify_mode = ssl.CERT_OPTIONAL
    app = web.Application()
    app.router.add_get("/{path:.*}", whose)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    try:
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def config_of(folder: Path, certificate: tuple[Path, Path]) -> str:
    crt, key = (base64.b64encode(path.read_bytes()).decode() for path in certificate)
    user = {"client-certificate-data": crt, "client-key-data": key}
    config = {
        "current-context": "here",
        "clusters": [{"name": "here", "cluster": {"server": "https://127.0.0.1:9"}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
        "users": [{"name": "me", "user": user}],
    }
    (folder / "config").write_text(yaml.safe_dump(config))
    return str(folder / "config")


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_certificate_is_shown_at_the_end_of_a_tunnel_that_ends(
    certificate: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def go() -> None:
        async with serving(certificate) as port:
            log = kubectl(tmp_path, monkeypatch, OPENS.format(port=port))
            config = config_of(tmp_path, certificate)
            async with await ReadConnection.inside(config, "here", ReadService()) as connection:
                assert await connection.get("/v1/studies") == {"name": "jo"}
                pid, path, said = log.read_text().split(" ", 2)
                assert path == config
                assert is_alive(int(pid))
            assert said.split() == [
                *("port-forward", "--address", "127.0.0.1", "--namespace", "espalier-system"),
                *("--context", "here", "service/espalier-read", ":8444"),
            ]
            assert not is_alive(int(pid))

    asyncio.run(go())


def test_what_kubectl_says_against_it_is_said_with_the_rights_it_takes(
    certificate: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubectl(tmp_path, monkeypatch, REFUSES)
    config = config_of(tmp_path, certificate)
    with pytest.raises(UsageError, match=r"cannot list.*pods/portforward"):
        asyncio.run(ReadConnection.inside(config, None, ReadService()))


def test_without_kubectl_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> None:
        async with tunnel("config", None, "ns", "read", 1):
            pass

    monkeypatch.setenv("PATH", "/nosuch")
    with pytest.raises(UsageError, match="expected kubectl"):
        asyncio.run(go())
