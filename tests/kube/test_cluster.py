"""What the API server's answers become; the answers come over real HTTP."""

import asyncio

import pytest
from aiohttp import web

from espalier.errors import RetryLater
from espalier.kube import POD, STUDY, Rank, TokenBucket
from espalier.planning.workload.job import JOB
from tests.kube.answering import answering
from tests.patience import PATIENCE

ACTS = {
    "get": lambda c: c.get(STUDY, "team", "digits"),
    "list": lambda c: c.list(POD),
    "create": lambda c: c.create(JOB, "team", {"metadata": {"name": "x"}}),
    "dry run": lambda c: c.create(JOB, "team", {"metadata": {"name": "x"}}, dry_run=True),
    "patch": lambda c: c.patch(STUDY, "team", "digits", {"status": {}}, subresource="status"),
    "review": lambda c: c.review_token("a.b.c", "espalier-ingest"),
    "delete": lambda c: c.delete(JOB, "team", "x"),
    "document": lambda c: c.document("/openid/v1/jwks"),
}
NOT_JSON = {
    "HTML": b"<html>please log in</html>",
    "half an object": b'{"metadata": {"na',
    "bytes that are no text": b"\x80\x81",
    "brackets without end": b"[" * 100_000,
    "a list": b"[]",
    "a string": b'"ok"',
    "null": b"null",
}
NO_OBJECT = {
    "nothing": b"",
    "an empty object": b"{}",
    "a status": b'{"kind":"Status","status":"Success","metadata":{}}',
    "metadata that is a string": b'{"metadata":"x","items":"y","status":"z"}',
    "metadata without a uid": b'{"metadata":{"name":"x"},"items":{},"status":[]}',
    "a uid that is a number": b'{"metadata":{"name":"x","uid":5},"items":[5],"status":5}',
    "items without metadata": b'{"metadata":{},"items":[{"spec":{}}]}',
    "a version that is a list": b'{"metadata":{"resourceVersion":["5"]},"items":[]}',
}
CASES = [(act, what) for act in ACTS for what in NOT_JSON] + [
    (act, what) for act in ACTS for what in NO_OBJECT if act not in ("delete", "document")
]


@pytest.mark.parametrize(("act", "what"), CASES)
def test_a_200_that_is_no_answer_of_an_api_server_is_for_later(act, what):
    body = (NOT_JSON | NO_OBJECT)[what]

    async def story():
        async with answering(lambda _: web.Response(body=body)) as cluster:
            with pytest.raises(RetryLater, match=r"expected .*, came another answer"):
                await ACTS[act](cluster)

    asyncio.run(story())


def objects(first, count):
    return [{"metadata": {"name": f"p{i}", "uid": f"u{i}"}} for i in range(first, first + count)]


def test_a_list_comes_page_by_page_with_its_version():
    def answer(request):
        assert request.query["labelSelector"] == "a=b"
        first = int(request.query.get("continue", "0"))
        more = {"continue": str(first + 2)} if first < 4 else {}
        page = {"metadata": {"resourceVersion": "77"} | more, "items": objects(first, 2)}
        return web.json_response(page)

    async def story():
        async with answering(answer) as cluster:
            pages = [page async for page in cluster.pages(POD, "team", labels="a=b")]
            assert [len(items) for items, _ in pages] == [2, 2, 2]
            assert {version for _, version in pages} == {"77"}
            items, version = await cluster.list(POD, "team", labels="a=b")
            assert [item["metadata"]["name"] for item in items] == [f"p{i}" for i in range(6)]
            assert version == "77"

    asyncio.run(story())


def test_an_empty_list_may_leave_its_items_null():
    async def story():
        body = {"metadata": {"resourceVersion": "5"}, "items": None}
        async with answering(lambda _: web.json_response(body)) as cluster:
            assert await cluster.list(POD) == ([], "5")

    asyncio.run(story())


def test_a_list_whose_later_pages_are_not_kept_any_more_is_begun_anew():
    def answer(request):
        if "continue" in request.query:
            gone = {"kind": "Status", "reason": "Expired", "message": "too old"}
            return web.json_response(gone, status=410)
        return web.json_response({"metadata": {"continue": "x"}, "items": objects(0, 1)})

    async def story():
        async with answering(answer) as cluster:
            with pytest.raises(RetryLater, match="too old"):
                await cluster.list(POD)

    asyncio.run(story())


def test_requests_of_one_wide_study_do_not_hold_up_those_of_another():
    """Of 300 that wait, the small study's is among the next four: not behind them.

    Tokens come by a clock of the test's own, so that no busy machine lets more through.
    """
    order = []
    now = 0.0
    limiter = TokenBucket(200.0, 4, clock=lambda: now)

    def answer(request):
        order.append(request.path)
        return web.json_response({"metadata": {"name": "x", "uid": "u"}})

    async def story():
        nonlocal now
        async with answering(answer, limiter=limiter) as cluster:
            wide = [asyncio.create_task(cluster.get(JOB, "wide", f"j{i}")) for i in range(300)]
            await asyncio.sleep(0)
            assert limiter.waiting == 296
            now = 4 / 200
            await cluster.get(JOB, "small", "j0")
            for task in wide:
                task.cancel()
            await asyncio.gather(*wide, return_exceptions=True)

    asyncio.run(asyncio.wait_for(story(), PATIENCE))
    assert sum("/wide/" in path for path in order) <= 7


def test_token_reviews_have_a_budget_of_their_own():
    waited = []

    def answer(request):
        kind = request.path.rsplit("/", 1)[-1]
        body = {"metadata": {"name": "x", "uid": "u"}, "status": {"authenticated": True}}
        waited.append(kind)
        return web.json_response(body)

    async def story():
        review_limiter = TokenBucket(0.001, 5)
        async with answering(answer, review_limiter=review_limiter) as cluster:
            flood = [asyncio.create_task(cluster.review_token("t", "a")) for _ in range(200)]
            await asyncio.sleep(0)
            await cluster.get(JOB, "team", "first")
            for task in flood:
                task.cancel()
            await asyncio.gather(*flood, return_exceptions=True)

    asyncio.run(asyncio.wait_for(story(), PATIENCE))
    assert "first" in waited
    assert waited.count("tokenreviews") <= 5


def test_the_keys_come_as_what_the_api_server_calls_them():
    """It answers 406 to whoever accepts plain JSON only."""

    def answer(request):
        if "application/jwk-set+json" not in request.headers["Accept"]:
            return web.Response(status=406)
        return web.json_response({"keys": []}, content_type="application/jwk-set+json")

    async def story():
        async with answering(answer) as cluster:
            assert await cluster.document("/openid/v1/jwks") == {"keys": []}

    asyncio.run(story())


def test_ranks_are_as_the_metrics_name_them():
    assert [rank.value for rank in Rank] == ["Urgent", "Own", "Tenant"]
