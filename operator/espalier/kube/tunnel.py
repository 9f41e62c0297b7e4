"""A tunnel to a Service's pod, by kubectl: for who has a certificate and no token to pass on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from espalier.errors import RetryLater, UsageError

SECONDS = 15.0
"""For so long kubectl may take to open it."""
_END_SECONDS = 5.0
_FORWARDING = re.compile(rb"Forwarding from 127\.0\.0\.1:(\d+) ->")
_MANY = 400


@asynccontextmanager
async def tunnel(
    kubeconfig: str, context: str | None, namespace: str, service: str, port: int
) -> AsyncIterator[int]:
    """Give the port on this machine at which a Service's pod is reached.

    Raises
    ------
    UsageError
        If there is no kubectl, or it says that the person may not.
    RetryLater
        If it does not answer.
    """
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        raise UsageError(
            "--kubeconfig",
            "expected kubectl, which opens a tunnel for who has a certificate and no token, there "
            "is none; install it, or log in with a token",
        )
    words = [kubectl, "port-forward", "--address", "127.0.0.1", "--namespace", namespace]
    words += ["--context", context] if context else []
    words += [f"service/{service}", f":{port}"]
    env = {**os.environ, "KUBECONFIG": kubeconfig}
    process = await asyncio.create_subprocess_exec(
        *words, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, env=env
    )
    try:
        yield await _port(process, namespace, service)
    finally:
        await _end(process)


async def _port(process: Process, namespace: str, service: str) -> int:
    """Return the port that kubectl says."""
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(SECONDS):
            line = await process.stdout.readline()
            if found := _FORWARDING.search(line):
                return int(found[1])
            said = (await process.stderr.read(4096)).decode(errors="replace")
    except TimeoutError as error:
        raise RetryLater("kubectl opens no tunnel to the read API; try again") from error
    shown = " ".join(said.split())[:_MANY] or "it said nothing"
    raise UsageError(
        "",
        f"kubectl opens no tunnel to service/{service} in {namespace}: {shown}; have an "
        "administrator grant `get` of services, `list` of pods and `create` of pods/portforward "
        "there, or log in with a token",
    )


async def _end(process: Process) -> None:
    """End kubectl, and wait until it is gone."""
    for stop in (process.terminate, process.kill):
        with contextlib.suppress(ProcessLookupError):
            stop()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _END_SECONDS)
            return
