"""A fault of the sidecar's own costs a value at most: the client has its answer all the same."""

import io
import json
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from espalier_sidecar.collectors.mlflow import MLflowClient
from espalier_sidecar.collectors.mlflow_server import MLflowServer
from tests.sidecar.contexts import context_of


class Asked:
    """A request, and what it is answered."""

    close_connection = False

    def __init__(self, route: str, body: dict[str, Any]) -> None:
        text = json.dumps(body).encode()
        self.command, self.path = "POST", f"{MLflowServer.prefix}/api/2.0/mlflow/{route}"
        self.headers = Message()
        self.headers["Content-Length"] = str(len(text))
        self.rfile = io.BufferedReader(io.BytesIO(text))
        self.answered: list[tuple[int, str]] = []

    def answer(self, status: int, text: str, retry_after: int | None = None) -> None:
        self.answered.append((status, text))


def broken(*_: object) -> Any:
    raise ZeroDivisionError("ours")


def asked(server: MLflowServer) -> list[tuple[int, str]]:
    metric = {"run_id": "a", "key": "loss", "value": 0.5, "timestamp": 1, "step": 3}
    call = Asked("runs/log-metric", metric)
    server.serve(call)  # type: ignore[arg-type]
    return call.answered


def test_a_fault_in_keeping_a_value_is_counted_and_the_client_answered(tmp_path: Path) -> None:
    context = context_of(tmp_path)._replace(keep=broken)
    server = MLflowServer(context, MLflowClient("", False))
    assert asked(server) == [(200, "{}")]
    health = server.health()
    assert health.bad == 1
    assert "fault of the sidecar: ZeroDivisionError('ours')" in health.passed_over


def test_a_fault_in_making_the_answer_is_counted_and_the_client_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = MLflowServer(context_of(tmp_path), MLflowClient("", False))
    monkeypatch.setattr(server._alone, "answer", broken)
    assert asked(server) == [(200, "{}")]
    assert server.health().bad == 1
