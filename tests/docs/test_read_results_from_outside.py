"""The page on reading results: its programs read a store that is served, as it says."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from espalier.kube.access import AUDIENCE
from espalier.read_api.callers import HEADER
from tests.chart.rendering import of_kind, render
from tests.docs.test_examples import ROOT, blocks
from tests.patience import PATIENCE
from tests.read_api.serving import ADMIN, served
from tools.golden_store import fill

PAGE = "docs/how-to/read-results-from-outside.md"
TEXT = (ROOT / PAGE).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = tmp_path_factory.mktemp("golden")
    return asyncio.run(fill(folder))


def of(language: str) -> list[str]:
    return [text for page, text in blocks(language) if page == PAGE]


def ran(golden: str, *command: str, limit: float = PATIENCE) -> str:
    """Run a program of the page while the read API answers; return what it prints."""

    async def run() -> str:
        async with served(golden) as ask:
            environment = {**os.environ, "READ": ask.url, "TOKEN": ADMIN, "CA": "/dev/null"}
            started = await asyncio.create_subprocess_exec(
                *command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            assert started.stdout is not None
            if limit < PATIENCE:  # a stream that has no end: what comes first is enough
                first = b""
                while b"data:" not in first:
                    line = await asyncio.wait_for(started.stdout.readline(), PATIENCE)
                    assert line, "the stream ended"
                    first += line
                started.kill()
                await started.wait()
                return first.decode()
            out, said = await asyncio.wait_for(started.communicate(), limit)
            assert started.returncode == 0, said.decode()
            return out.decode()

    return asyncio.run(run())


def test_the_program_in_python_prints_every_trial(golden: str) -> None:
    (program,) = of("python")
    lines = ran(golden, sys.executable, "-c", program).splitlines()
    assert len(lines) == 13
    assert any("Pruned" in line and "'lr'" in line for line in lines)


def test_the_stream_of_events_begins_with_what_is(golden: str) -> None:
    (command,) = [text for text in of("bash") if "/events" in text]
    assert "event: change" in ran(golden, "bash", "-c", command, limit=60.0)


def test_the_way_through_the_api_server_sends_the_token_twice() -> None:
    (command,) = [text for text in of("bash") if "/proxy" in text]
    assert f"{HEADER}: Bearer" in command
    assert '"Authorization: Bearer' in command
    (name,) = re.findall(r"services/(https:[^/]+)/proxy", command)
    role = of_kind(render(), "Role")["espalier-read"]
    assert name in role["rules"][0]["resourceNames"]


def test_the_values_of_the_ingress_are_the_charts() -> None:
    (text,) = of("yaml")
    ingress = yaml.safe_load(text)["readApi"]["ingress"]
    objects = render({f"readApi.ingress.{key}": value for key, value in ingress.items()})
    made = of_kind(objects, "Ingress")["espalier-read"]
    assert made["spec"]["rules"][0]["host"] == "studies.example.com"
    assert made["metadata"]["annotations"].items() >= ingress["annotations"].items()


def test_the_audience_is_the_one_that_is_taken() -> None:
    assert f"--audience={AUDIENCE} " in TEXT
