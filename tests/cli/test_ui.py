"""The page is opened with a kubeconfig's rights, until somebody has seen enough."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import aiohttp
import pytest

from tests.cli.asking.serving import proxied, write_kubeconfig
from tests.patience import PATIENCE

STUDY = "/v1/namespaces/research/studies/digits"


def test_what_it_prints_opens_the_study_and_an_interrupt_ends_it(
    golden: str, tmp_path: Path
) -> None:
    async def go() -> None:
        async with proxied(golden) as (url, api):
            config = write_kubeconfig(tmp_path / "config", url, namespace="research")
            words = ["ui", "digits", "--no-open", "--kubeconfig", str(config)]
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "espalier.cli.main", *words),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={**os.environ},
            )
            assert process.stdout is not None
            assert process.stderr is not None
            try:
                address = (await process.stdout.readline()).decode().strip()
                assert address.startswith("http://127.0.0.1:")
                assert address.endswith("/studies/research/digits")
                own = address.partition("/enter/")[0]
                jar = aiohttp.CookieJar(unsafe=True)
                async with aiohttp.ClientSession(cookie_jar=jar) as browser:
                    async with browser.get(address) as answer:
                        assert str(answer.url) == f"{own}/studies/research/digits"
                    async with browser.get(f"{own}{STUDY}") as answer:
                        assert (await answer.json())["name"] == "digits"
                assert api.asked[-1].endswith(STUDY)
                process.send_signal(signal.SIGINT)
                said = (await process.stderr.read()).decode()
                assert await process.wait() == 0
                assert "Traceback" not in said
            finally:
                if process.returncode is None:
                    process.kill()

    asyncio.run(asyncio.wait_for(go(), 2 * PATIENCE))


@pytest.mark.parametrize("study", ["nosuch", "secret/digits"])
def test_a_study_that_is_not_to_be_seen_opens_nothing(
    study: str, golden: str, tmp_path: Path
) -> None:
    from tests.cli.asking.commanded import commanded
    from tests.read_api.serving import MEMBER

    done, _ = commanded(golden, tmp_path, "ui", study, "--no-open", token=MEMBER)
    assert done.exit_code == 2
    assert "http://127.0.0.1" not in done.stdout
    assert "nothing is stored" in done.stderr or "may not get" in done.stderr
