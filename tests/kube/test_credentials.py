"""What a kubeconfig resolves into: a token of any origin, or what is wrong with it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from espalier.errors import UsageError
from espalier.kube.credentials import api_client, own_namespace, token_of


def written(folder: Path, user: dict[str, Any]) -> str:
    config = {
        "current-context": "here",
        "clusters": [{"name": "here", "cluster": {"server": "https://127.0.0.1:9"}}],
        "contexts": [
            {"name": "here", "context": {"cluster": "here", "user": "me", "namespace": "ml"}},
            {"name": "other", "context": {"cluster": "here", "user": "me"}},
        ],
        "users": [{"name": "me", "user": user}],
    }
    (folder / "config").write_text(yaml.safe_dump(config))
    return str(folder / "config")


def token(config: str, context: str | None = None) -> str | None:
    async def go() -> str | None:
        api = await api_client(config, context)
        try:
            return token_of(api)
        finally:
            await api.close()  # type: ignore[no-untyped-call]

    return asyncio.run(go())


def command(folder: Path, text: str) -> dict[str, Any]:
    tool = folder / "login"
    tool.write_text(f"#!/bin/sh\n{text}\n")
    tool.chmod(0o755)
    version = "client.authentication.k8s.io/v1"
    return {"exec": {"apiVersion": version, "command": str(tool), "interactiveMode": "Never"}}


def test_a_token_is_had_from_a_text_a_file_or_a_command(tmp_path: Path) -> None:
    assert token(written(tmp_path, {"token": "abc"})) == "abc"
    (tmp_path / "token").write_text("of a file")
    assert token(written(tmp_path, {"tokenFile": "token"})) == "of a file"
    answer = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": "of a command"},
    }
    config = written(tmp_path, command(tmp_path, f"echo '{json.dumps(answer)}'"))
    assert token(config) == "of a command"
    assert token(config, "other") == "of a command"
    assert token(written(tmp_path, {})) is None
    assert token(written(tmp_path, {"username": "a", "password": "b"})) is None


@pytest.mark.parametrize("text", ["echo not logged in >&2; exit 1", "echo {", "true"])
def test_a_command_that_gives_no_credentials_is_said_in_one_line(
    text: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UsageError, match="run it by hand, or log in again"):
        token(written(tmp_path, command(tmp_path, text)))
    assert capfd.readouterr() == ("", "")


def test_a_namespace_is_that_of_the_context(tmp_path: Path) -> None:
    config = written(tmp_path, {})
    assert own_namespace(config) == own_namespace(config, "here") == "ml"
    assert own_namespace(config, "other") is None
    assert own_namespace(config, "nosuch") is None
    assert own_namespace(f"/nosuch/file:{config}") == "ml"


def test_a_context_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected one of here, other, got nosuch"):
        token(written(tmp_path, {}), "nosuch")
