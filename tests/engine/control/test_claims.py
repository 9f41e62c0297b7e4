"""What becomes of the work in a namespace while its Lease cannot be had."""

import asyncio
import json

import pytest
from aiohttp import web

from espalier.engine.control.claims import Claim, Claims
from espalier.errors import RetryLater
from espalier.kube import Holder, LeaseTimes, TokenBucket
from espalier.planning.workload.job import JOB
from tests.kube.answering import answering
from tests.patience import PATIENCE

TIMES = LeaseTimes.of(1.2)


NO_LEASE = {"kind": "Status", "reason": "NotFound", "code": 404, "message": "no Lease"}
NO_LEASE["details"] = {"name": "espalier", "group": "coordination.k8s.io", "kind": "leases"}
NO_NAMESPACE = {"kind": "Status", "reason": "NotFound", "code": 404, "message": "no namespace"}
NO_NAMESPACE["details"] = {"name": "team", "kind": "namespaces"}


def json_response(status, body):
    return web.Response(status=status, body=json.dumps(body).encode())


class Server:
    """An API server with one Lease, that is out of order when the test says so."""

    def __init__(self):
        self.fault = 0
        self.gone = False
        self.asked = 0

    def __call__(self, request):
        if "/leases" not in request.path:
            return json_response(201, {"metadata": {"name": "job", "uid": "j"}})
        self.asked += 1
        if self.gone:
            return json_response(404, NO_NAMESPACE if request.method == "POST" else NO_LEASE)
        if self.fault:
            return json_response(self.fault, {"kind": "Status", "message": "out of order"})
        lease = {"metadata": {"name": "espalier", "uid": "l", "resourceVersion": "1"}, "spec": {}}
        return json_response(200, lease)


async def until(holds):
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.02)


def running(test):
    """Run a story with an API server, the claims of an operator on it, and what they told."""

    async def story():
        server, told = Server(), []
        async with answering(server, limiter=TokenBucket(1000, 1000)) as cluster:
            made = Claims(
                cluster, Holder("first", "1"), lambda *what: told.append(what), times=TIMES
            )
            cluster.guard = made.check
            task = asyncio.create_task(made.run())
            await test(server, cluster, made, told)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(story())


JOB_BODY = {"metadata": {"name": "job"}}


@pytest.mark.parametrize("fault", [429, 500, 503, 401, 404])
def test_a_lease_that_cannot_be_renewed_stops_writes_at_its_deadline_and_no_reports(fault):
    async def test(server, cluster, made, told):
        made.ours("team")
        await until(lambda: made.ours("team"))
        server.fault, asked = fault, server.asked
        await until(lambda: server.asked > asked)
        assert made.ours("team"), "the first failure already stops the work"
        await cluster.create(JOB, "team", JOB_BODY)
        await until(lambda: not made.ours("team"))
        with pytest.raises(RetryLater, match="its Lease is not held"):
            await cluster.create(JOB, "team", JOB_BODY)
        assert made.foreign("team") is None, "posts would be refused"
        assert made.counts()["Lapsed"] == 1
        await until(lambda: told[-1][1] is Claim.LAPSED)
        server.fault = 0
        await until(lambda: made.ours("team"))
        await cluster.create(JOB, "team", JOB_BODY)
        await until(lambda: told[-1][1] is Claim.HELD)

    running(test)


def test_nothing_is_written_before_the_lease_is_held():
    async def test(server, cluster, made, told):
        server.fault = 429
        with pytest.raises(RetryLater, match="nothing is written in namespace team"):
            await cluster.create(JOB, "team", JOB_BODY)
        await until(lambda: server.asked)
        assert made.counts()["Asked"] == 1
        assert told == []
        server.fault = 0
        await until(lambda: made.ours("team"))

    running(test)


def test_rights_that_are_taken_away_do_not_stop_an_operator_that_is_alone():
    async def test(server, cluster, made, told):
        made.ours("team")
        await until(lambda: made.ours("team"))
        server.fault = 403
        await until(lambda: made.counts()["Unguarded"])
        await cluster.create(JOB, "team", JOB_BODY)
        ((_, _, why),) = [what for what in told if what[1] is Claim.UNGUARDED]
        assert "out of order" in why

    running(test)


def test_lists_and_reads_need_no_lease():
    async def test(server, cluster, made, told):
        server.fault = 429
        assert await cluster.get(JOB, "team", "job")
        with pytest.raises(RetryLater):
            await cluster.delete(JOB, "team", "job")

    running(test)


def test_what_was_in_a_namespace_that_is_gone_is_looked_after_to_be_closed():
    async def test(server, cluster, made, told):
        server.gone = True
        made.ours("team")
        await until(lambda: made.ours("team"))
        assert told == [], "nobody is told of a namespace that is gone"
        server.gone = False
        await until(lambda: made.counts()["Held"])

    running(test)
