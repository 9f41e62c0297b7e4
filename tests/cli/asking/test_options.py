"""Whom a command asks, by what it was given."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from espalier.cli.asking.options import Whom, opened
from espalier.cli.asking.source import StudySource, all_items
from espalier.errors import EspalierError, RetryLater, UsageError
from espalier.store import lines, read_log
from tests.cli.asking.serving import proxied, write_kubeconfig
from tests.read_api.serving import MEMBER
from tools.golden_store import fill


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = tmp_path_factory.mktemp("store")
    return asyncio.run(fill(folder))


def exported(store: str, path: Path, name: str = "digits") -> str:
    log = read_log(store, "research", name)
    assert log is not None
    path.write_text("\n".join(lines(log)))
    return str(path)


async def answer(source: StudySource) -> object:
    return await all_items(source, "trials", {"limit": "3", "state": ["Pruned", "Completed"]})


def asked(
    store: str,
    tmp_path: Path,
    study: str = "digits",
    *,
    token: str | None = "admins-token",
    ask: Callable[[StudySource], Awaitable[object]] = answer,
    options: dict[str, object] | None = None,
    **given: str,
) -> object:
    async def go() -> object:
        async with proxied(store, **(options or {})) as (url, _):
            config = write_kubeconfig(tmp_path / "config", url, token, namespace="research")
            async with opened(study, Whom(kubeconfig=str(config), **given)) as source:  # type: ignore[arg-type]
                return await ask(source)

    return asyncio.run(go())


def refused(store: str, tmp_path: Path, *words: str, **given: object) -> EspalierError:
    with pytest.raises((UsageError, RetryLater)) as caught:
        asked(store, tmp_path, **given)  # type: ignore[arg-type]
    for word in words:
        assert word in str(caught.value)
    return caught.value


def test_the_read_api_and_an_exported_log_answer_alike(store: str, tmp_path: Path) -> None:
    path = exported(store, tmp_path / "digits.jsonl")
    of_log = asked(store, tmp_path, file=path)
    assert asked(store, tmp_path) == of_log != []


def test_the_token_goes_through_the_proxy_which_keeps_the_usual_header(
    store: str, tmp_path: Path
) -> None:
    assert asked(store, tmp_path, token=MEMBER) == asked(store, tmp_path)
    refused(store, tmp_path, "log in", token="somebody's")


def test_who_may_not_see_it_is_told_by_whom_he_may_have_it(store: str, tmp_path: Path) -> None:
    refused(store, tmp_path, "may not get", study="secret/digits", token=MEMBER)


def test_a_service_of_another_name_is_found_by_its_label(store: str, tmp_path: Path) -> None:
    moved = {
        "metadata": {"namespace": "ops", "name": "mine-read"},
        "spec": {"ports": [{"port": 9}]},
    }
    options = {"service": ("ops", "https:mine-read:9")}
    refused(store, tmp_path, "--operator-namespace", options=options)
    found = {**options, "objects": {"/api/v1/services": {"items": [moved]}}}
    assert asked(store, tmp_path, options=found) == asked(store, tmp_path)
    by_hand = asked(store, tmp_path, options=options, service="ops/mine-read:9")
    assert by_hand == asked(store, tmp_path)


def test_what_is_missing_is_said_in_one_sentence(store: str, tmp_path: Path) -> None:
    refused(store, tmp_path, "a token or a certificate", "log in", token=None)
    refused(store, tmp_path, "--context", "here", context="nosuch")
    refused(store, tmp_path, "nothing is stored", study="research/nosuch")
    refused(store, tmp_path, "--server", "https://", server="http://example.org")
    refused(store, tmp_path, "NAMESPACE/NAME:PORT", service="a b")


def test_a_server_by_its_address_is_asked_without_a_proxy(store: str, tmp_path: Path) -> None:
    # What plays the API server passes this on as an Ingress would: all below one path.
    async def go() -> object:
        async with proxied(store) as (url, _):
            config = write_kubeconfig(tmp_path / "config", "https://127.0.0.1:9")
            prefix = "/api/v1/namespaces/espalier-system/services/https:espalier-read:8444/proxy"
            given = Whom(kubeconfig=str(config), server=f"{url}{prefix}")
            async with opened("research/digits", given) as source:
                return await source.ask("")

    with pytest.raises(UsageError, match="token"):
        asyncio.run(go())  # it has only the usual header, which that proxy keeps


def test_a_log_of_another_study_is_not_taken_for_the_one_that_was_named(
    store: str, tmp_path: Path
) -> None:
    path = exported(store, tmp_path / "digits.jsonl")
    assert asked(store, tmp_path, "research/digits", file=path)
    refused(store, tmp_path, "expected a log of", study="other/digits", file=path)
    refused(store, tmp_path, "expected a log of", study="language", file=path)
