"""A real API server's tokens are told from forged ones by its own keys, without a question."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from espalier.errors import ReportError
from espalier.ingest import Keys, Limits, Reviews, Tokens
from espalier.ingest.keys import DISCOVERY, KEYS
from espalier.kube import Cluster
from tests.integration.api_server import api_server

AUDIENCE = "espalier-ingest"
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "trainer"},
    "spec": {"containers": [{"name": "trainer", "image": "none"}]},
}


@pytest.fixture(scope="module")
def server(control_plane: Path):
    with api_server(control_plane) as server:
        while "default" not in server.kubectl("get", "serviceaccounts", "-o", "name"):
            time.sleep(0.1)
        server.kubectl("create", "-f", "-", stdin=json.dumps(POD))
        yield server


def token_for(server, *options):
    bound = ("--bound-object-kind=Pod", "--bound-object-name=trainer")
    return server.kubectl("create", "token", "default", *bound, *options).strip()


def asking(server, work, *, by_keys=True):
    """Check tokens as the operator does; count the questions."""

    async def story():
        asked = []
        async with await Cluster.connect(str(server.kubeconfig)) as cluster:

            async def review(token, urgent):
                asked.append(token)
                return await cluster.review_token(token, AUDIENCE, urgent=urgent)

            keys = Keys(cluster.document) if by_keys else None
            tokens = Tokens(keys, Reviews(review, AUDIENCE), AUDIENCE, Limits())
            return await work(tokens), len(asked)

    return asyncio.run(story())


def test_both_ways_name_the_same_pod_and_keys_ask_nothing(server):
    token = token_for(server, f"--audience={AUDIENCE}")
    by_keys, asked = asking(server, lambda tokens: tokens.identity(token, "10.0.0.1"))
    by_review, asked_then = asking(
        server, lambda tokens: tokens.identity(token, "10.0.0.1"), by_keys=False
    )
    uid = server.kubectl("get", "pod", "trainer", "-o", "jsonpath={.metadata.uid}")
    assert by_keys == by_review
    assert (by_keys.namespace, by_keys.pod_name, by_keys.pod_uid) == (
        server.namespace,
        "trainer",
        uid,
    )
    assert (asked, asked_then) == (0, 1)


@pytest.mark.parametrize("path", [DISCOVERY, KEYS])
def test_every_service_account_may_read_the_keys(server, path):
    """The API server's own roles allow it, so that the chart need not."""
    account = f"system:serviceaccount:{server.namespace}:default"
    as_account = (f"--as={account}", "--as-group=system:serviceaccounts")
    assert server.kubectl("auth", "can-i", "get", path, *as_account).strip().endswith("yes")


@pytest.mark.parametrize("what", ["another audience", "no pod", "a changed signature"])
def test_a_token_that_is_not_good_is_refused_without_a_question(server, what):
    token = token_for(server, f"--audience={AUDIENCE}")
    if what == "another audience":
        token = token_for(server)
    elif what == "no pod":
        token = server.kubectl("create", "token", "default", f"--audience={AUDIENCE}").strip()
    else:
        head, _, signature = token.rpartition(".")
        token = f"{head}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"

    async def refused(tokens):
        with pytest.raises(ReportError) as caught:
            await tokens.identity(token, "10.0.0.1")
        return caught.value.status

    assert asking(server, refused) == (401, 0)
