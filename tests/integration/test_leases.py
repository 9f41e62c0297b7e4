"""Two operators that see the same namespace: one works, the other stands back and takes over."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys

import pytest

from espalier.engine.control.claims import Claim, Claims
from espalier.errors import RetryLater
from espalier.kube import EVENT, LEASE, STUDY, TRIAL, Cluster, Holder, Kind, Lease, LeaseTimes
from espalier.planning.workload.job import JOB
from tests.chart.apiserver import ApiServer
from tests.integration.running import NAMESPACE, bench, eventually, scenario, study
from tests.integration.test_watches import asked
from tests.patience import PATIENCE
from tests.ports import free_port

TIMES = LeaseTimes.of(2.0)
NAME = "espalier"
CONFIG = Kind("", "v1", "configmaps", "ConfigMap")


class Clock:
    """A clock that the test sets."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Seen(list):
    """What a Claims has told."""

    def told(self, namespace, claim, why):
        self.append((claim, why))


@contextlib.asynccontextmanager
async def claims(at, operator, instance="1", times=TIMES, **options):
    """An operator's claims, kept up until the block is left."""
    seen = Seen()
    made = Claims(at.cluster, Holder(operator, instance), seen.told, times=times, **options)
    task = asyncio.create_task(made.run())
    made.ours(at.namespace)
    try:
        yield made, seen
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def holds(made, namespace):
    return made.ours(namespace)


async def stands_back(made, namespace):
    return made.foreign(namespace)


@scenario
async def test_the_first_works_and_the_second_stands_back(control_plane):
    async with bench(control_plane) as at, claims(at, "first") as (one, _):
        await eventually("the first to work", lambda: holds(one, at.namespace))
        async with claims(at, "second") as (two, seen):
            other = await eventually("it to stand back", lambda: stands_back(two, at.namespace))
            assert other == "first_1"
            assert not two.ours(at.namespace)
            with pytest.raises(RetryLater, match="operator first_1 holds its Lease"):
                two.check(at.namespace)
            assert seen == [(Claim.FOREIGN, "first_1")]
            assert one.ours(at.namespace)


@scenario
async def test_the_second_takes_over_when_the_first_is_gone(control_plane):
    async with bench(control_plane) as at:
        async with claims(at, "first") as (one, _):
            await eventually("the first to work", lambda: holds(one, at.namespace))
        async with claims(at, "second") as (two, seen):
            await eventually("it to take over", lambda: holds(two, at.namespace))
            assert [claim for claim, _ in seen] == [Claim.FOREIGN, Claim.HELD]
        found = await at.get(LEASE, NAME)
        assert found["spec"]["holderIdentity"] == "second_1"
        assert found["spec"]["leaseTransitions"] == 1


@pytest.mark.parametrize(
    ("instance", "released"),
    [
        pytest.param("1", False, id="the container was killed and started again in its pod"),
        pytest.param("2", True, id="the Deployment has replaced its pod"),
    ],
)
def test_a_restarted_operator_goes_on_at_once(control_plane, instance, released):
    _restarted(control_plane, instance, released)


@scenario
async def _restarted(control_plane, instance, released):
    long = LeaseTimes.of(2 * PATIENCE)
    async with bench(control_plane) as at:
        async with claims(at, "first", times=long) as (one, _):
            await eventually("the first to work", lambda: holds(one, at.namespace))
            if released:
                await one.release()
        async with claims(at, "first", instance, times=long) as (again, seen):
            await eventually("it to go on", lambda: holds(again, at.namespace))
            assert [claim for claim, _ in seen] == [Claim.HELD]


@scenario
async def test_a_lease_that_was_left_to_its_operator_is_nobody_elses(control_plane):
    """Else another release would take over each time that this one is upgraded."""
    async with bench(control_plane) as at, claims(at, "first") as (one, _):
        await eventually("the first to work", lambda: holds(one, at.namespace))
        await one.release()
        assert not one.ours(at.namespace)
        clock = Clock()
        other = Lease(at.cluster, at.namespace, Holder("second", "1"), TIMES, clock)
        await other.ask()
        assert other.foreign == "first_"
        clock.now += TIMES.duration - 0.01
        await other.ask()
        assert not other.held


@scenario
async def test_it_is_left_although_a_sign_of_life_was_on_its_way(control_plane):
    """The answer to the last renewal never came: what was known of the Lease is stale."""
    async with bench(control_plane) as at:
        lease = Lease(at.cluster, at.namespace, Holder("first", "1"), TIMES)
        await lease.ask()
        await at.patch(LEASE, NAME, {"spec": {"renewTime": "2026-01-01T00:00:00.000000Z"}})
        await lease.release()
        assert (await at.get(LEASE, NAME))["spec"]["holderIdentity"] == "first_"


@scenario
async def test_nobody_is_told_of_a_lease_that_goes_with_its_namespace(control_plane):
    async with bench(control_plane) as at, claims(at, "first") as (one, seen):
        await eventually("the first to work", lambda: holds(one, at.namespace))
        # The finalizer keeps the namespace terminating for as long as the test looks.
        kept = {"metadata": {"name": "kept", "finalizers": ["example.com/kept"]}}
        await at.create({**kept, "apiVersion": "v1", "kind": "ConfigMap"}, CONFIG)
        await at.cluster.delete(NAMESPACE, "", at.namespace)

        async def unguarded():
            return one.counts()["Unguarded"]

        await eventually("the Lease to be gone", unguarded)
        assert one.ours(at.namespace)
        assert [claim for claim, _ in seen] == [Claim.HELD]
        await at.patch(CONFIG, "kept", {"metadata": {"finalizers": []}})


@scenario
async def test_a_second_pod_of_the_same_release_stands_back(control_plane):
    async with bench(control_plane) as at, claims(at, "first", "1") as (one, _):
        await eventually("the first to work", lambda: holds(one, at.namespace))
        async with claims(at, "first", "2") as (two, _):
            await eventually("it to stand back", lambda: stands_back(two, at.namespace))


@scenario
async def test_nothing_is_written_after_the_deadline_and_nothing_is_forgotten(control_plane):
    """The clock is this process's own, and steady: a process that was stopped is late by it."""
    async with bench(control_plane) as at:
        clock = Clock()
        lease = Lease(at.cluster, at.namespace, Holder("first", "1"), TIMES, clock)
        await lease.ask()
        assert lease.held
        clock.now += TIMES.deadline
        assert not lease.held
        await lease.ask()  # nobody has taken it
        assert lease.held


@scenario
async def test_one_that_wakes_up_after_another_has_taken_over_stands_back(control_plane):
    async with bench(control_plane) as at:
        mine, theirs = Clock(), Clock()
        asleep = Lease(at.cluster, at.namespace, Holder("first", "1"), TIMES, mine)
        awake = Lease(at.cluster, at.namespace, Holder("second", "1"), TIMES, theirs)
        await asleep.ask()
        await awake.ask()
        theirs.now += TIMES.duration
        await awake.ask()
        assert awake.held
        mine.now += 10 * TIMES.duration
        assert not asleep.held
        await asleep.ask()
        assert (asleep.held, asleep.foreign) == (False, "second_1")
        assert awake.held


@scenario
async def test_of_two_that_find_it_run_out_one_takes_it(control_plane):
    async with bench(control_plane) as at:
        await Lease(at.cluster, at.namespace, Holder("gone", "1"), TIMES).ask()
        clock = Clock()
        both = [
            Lease(at.cluster, at.namespace, Holder(name, "1"), TIMES, clock) for name in ("a", "b")
        ]
        for lease in both:
            await lease.ask()
        clock.now += TIMES.duration
        await asyncio.gather(*(lease.ask() for lease in both), return_exceptions=True)
        assert [lease.held for lease in both].count(True) == 1


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(None, id="deleted"),
        pytest.param({"holderIdentity": None}, id="emptied"),
        pytest.param({"leaseDurationSeconds": None, "renewTime": None}, id="robbed of its times"),
    ],
)
def test_a_lease_that_somebody_has_meddled_with_is_taken_again(control_plane, spec):
    _meddled(control_plane, spec)


@scenario
async def _meddled(control_plane, spec):
    async with bench(control_plane) as at:
        lease = Lease(at.cluster, at.namespace, Holder("first", "1"), TIMES)
        await lease.ask()
        if spec is None:
            await at.delete(LEASE, NAME)
        else:
            await at.patch(LEASE, NAME, {"spec": spec})
        await lease.ask()
        assert lease.held
        assert (await at.get(LEASE, NAME))["spec"]["holderIdentity"] == "first_1"


@scenario
async def test_a_namespace_in_which_nothing_is_left_to_do_is_given_up(control_plane):
    async with bench(control_plane) as at, claims(at, "first") as (one, _):
        await eventually("the first to work", lambda: holds(one, at.namespace))
        one.keep([at.namespace])
        assert one.ours(at.namespace)
        one.keep([])

        async def free():
            found = await at.get(LEASE, NAME)
            return not found["spec"].get("holderIdentity")

        await eventually("the Lease to be free", free)
        assert one.counts()["Held"] == 0


async def without_rights(control_plane, namespace, folder):
    """Write a kubeconfig of a service account that may do nothing; return its path."""
    server = ApiServer(control_plane)
    config = json.loads(server.must("config", "view", "--raw", "--flatten", "-o", "json"))
    server.must("create", "serviceaccount", "nobody", "-n", namespace)
    token = server.must("create", "token", "nobody", "-n", namespace).strip()
    config["users"] = [{"name": "nobody", "user": {"token": token}}]
    for context in config["contexts"]:
        context["context"]["user"] = "nobody"
    path = folder / "kubeconfig"
    path.write_text(json.dumps(config))
    return path


@scenario
async def test_where_leases_are_refused_it_works_without_and_says_so(control_plane, tmp_path):
    """Roles that were made by hand for an earlier version do not stop the operator."""
    async with bench(control_plane) as at:
        path = await without_rights(control_plane, at.namespace, tmp_path)
        async with await Cluster.connect(str(path)) as cluster:
            seen = Seen()
            made = Claims(cluster, Holder("first", "1"), seen.told, times=TIMES)
            assert not made.ours(at.namespace)
            await eventually("it to work", lambda: holds(made, at.namespace))
            ((claim, why),) = seen
            assert claim is Claim.UNGUARDED
            assert "forbidden" in why
            for task in made._tasks.values():
                task.cancel()


def start(kubeconfig, namespace, folder, identity, **flags):
    """Start a whole operator as a process; return it and the address of its metrics port."""
    port = free_port()
    options = {
        "kubeconfig": kubeconfig,
        "namespaces": namespace,
        "own-namespace": namespace,
        "store": f"sqlite:///{folder}/{identity}.db",
        "ingest-port": free_port(),
        "ingest-url": "https://localhost:1",
        "metrics-port": port,
        "resync-seconds": 1,
        "lease-seconds": 6,
        "identity": identity,
        **flags,
    }
    with (folder / f"{identity}.log").open("a") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "espalier.cli.main", "run"),
                *(f"--{name}={value}" for name, value in options.items()),
            ],
            stdout=log,
            stderr=log,
            env={k: v for k, v in os.environ.items() if not k.startswith(("ESPALIER", "KUBE"))},
        )
    return process, f"http://127.0.0.1:{port}"


@contextlib.asynccontextmanager
async def process(*args, **flags):
    """A whole operator as a process, that is killed in the end."""
    made, url = start(*args, **flags)
    try:
        yield made, url
    finally:
        made.send_signal(signal.SIGCONT)
        made.kill()
        await asyncio.to_thread(made.wait)


async def says(url, code, word):
    found = await asyncio.to_thread(asked, f"{url}/readyz")
    return found if found[0] == code and word in found[1] else None


@scenario
async def test_an_operator_that_was_stopped_writes_nothing_when_it_wakes_up(
    control_plane, tmp_path
):
    async with bench(control_plane) as at, contextlib.AsyncExitStack() as stack:
        where = (control_plane, at.namespace, tmp_path)
        one, first = await stack.enter_async_context(process(*where, "first"))
        await eventually("the first", lambda: says(first, 200, "ready"))
        await at.create(study())

        async def jobs(count):
            return len(await at.list(JOB)) == count

        await eventually("two Jobs", lambda: jobs(2))
        two, second = await stack.enter_async_context(process(*where, "second"))
        said = await eventually("it to stand back", lambda: says(second, 503, "stands back"))
        assert "run by first_" in said[1]
        one.send_signal(signal.SIGSTOP)
        await eventually("the second to take over", lambda: says(second, 200, "ready"))
        for trial in await at.list(TRIAL):  # work for whoever wakes up
            await at.delete(TRIAL, trial["metadata"]["name"])
        await eventually("two others", lambda: others(at))
        two.send_signal(signal.SIGSTOP)  # what is written from now on, the first has written
        await asyncio.sleep(0.5)  # what the second has sent is on its way
        before = await written(at)
        one.send_signal(signal.SIGCONT)
        await eventually("the first to stand back", lambda: says(first, 503, "run by second_"))
        assert await written(at) == before
        two.send_signal(signal.SIGCONT)
        events = [e for e in await at.list(EVENT) if e["involvedObject"]["kind"] == "Lease"]
        said = {(e["reason"], e["message"].partition("_")[0]) for e in events}
        assert {
            ("OperatorWorks", "first"),
            ("OperatorStandsBack", "second"),
            ("OperatorWorks", "second"),
            ("OperatorStandsBack", "first"),
        } <= said


async def others(at):
    """Whether there are two running trials after the first two."""
    return len([t for t in await at.list(TRIAL) if "deletionTimestamp" not in t["metadata"]]) == 2


async def written(at):
    """Return the versions of all that an operator writes."""
    return {
        (kind.name, obj["metadata"]["name"]): obj["metadata"]["resourceVersion"]
        for kind in (STUDY, TRIAL, JOB)
        for obj in await at.list(kind)
    }


@scenario
async def test_two_that_share_one_of_their_namespaces_each_run_the_rest(control_plane, tmp_path):
    """One of them sees all namespaces."""
    async with (
        bench(control_plane) as shared,
        bench(control_plane) as alone,
        process(control_plane, shared.namespace, tmp_path, "narrow") as (_, narrow),
    ):
        await eventually("the narrow one", lambda: says(narrow, 200, "ready"))
        for at in (shared, alone):
            await at.create(study())
        both = f"{shared.namespace},{alone.namespace}"
        async with process(control_plane, both, tmp_path, "wide") as (_, wide):
            said = await eventually(
                "the wide one", lambda: says(wide, 200, f"stands back in {shared.namespace}")
            )
            assert "run by narrow_" in said[1]
            for at in (shared, alone):
                await at.pod_of("study-0")
            holders = [
                (await at.get(LEASE, NAME))["spec"]["holderIdentity"].partition("_")[0]
                for at in (shared, alone)
            ]
            assert holders == ["narrow", "wide"]
