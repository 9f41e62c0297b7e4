"""A watch that is dead is seen, by the probe and in the metrics; one that is idle is not."""

import asyncio
import contextlib
import urllib.error
import urllib.request

from espalier.metrics.health import LivenessLimits
from espalier.process.operator import OperatorProcess
from espalier.watch import Watcher
from tests.integration.running import bench, eventually, scenario
from tests.ports import free_port
from tests.process.test_operator import OPTIONS


def asked(url):
    """Return code and body of an answer."""
    with contextlib.suppress(urllib.error.URLError):
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
    return 0, ""


@contextlib.asynccontextmanager
async def whole_operator(kubeconfig, folder, namespace, **changes):
    """All of the operator, in this process; yields it and the address of its metrics port."""
    port = free_port()
    options = OPTIONS.__class__(
        **{
            **{name: getattr(OPTIONS, name) for name in OPTIONS.__slots__},
            "kubeconfig": str(kubeconfig),
            "namespaces": (namespace,),
            "own_namespace": namespace,
            "ca_secret": "",
            "store": f"sqlite:///{folder}/espalier.db",
            "metrics_port": port,
            "qps": 1000.0,
            "burst": 1000,
            **changes,
        }
    )
    process = OperatorProcess(options, LivenessLimits(watch_age=4.0))
    task = asyncio.create_task(process.run())
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.stop()
        await task


@scenario
async def test_a_dead_watch_fails_the_probe_while_lists_go_on(control_plane, tmp_path):
    async with (
        bench(control_plane) as at,
        whole_operator(control_plane, tmp_path, at.namespace) as (process, url),
    ):

        async def answers(path, code):
            found = await asyncio.to_thread(asked, f"{url}{path}")
            return found[1] if found[0] == code else None

        await eventually("the operator", lambda: answers("/readyz", 200))
        await eventually("the watches", lambda: asyncio.sleep(0, process._watcher))
        assert await answers("/livez", 200)
        await asyncio.to_thread(process._watcher.stop)
        said = await eventually("the probe to fail", lambda: answers("/livez", 503))
        assert "the watch of" in said
        assert "is a proxy in between?" in said
        ages = process._view(process._core)
        assert min(ages.watch_ages.values()) > 4.0 > max(ages.list_ages.values())
        metrics = await answers("/metrics", 200)
        assert 'espalier_watch_age_seconds{resource="jobs"}' in metrics
        assert 'espalier_list_age_seconds{resource="jobs"}' in metrics


@scenario
async def test_an_idle_watch_shows_that_it_lives_by_being_opened_anew(control_plane):
    async with bench(control_plane) as at:
        watcher = Watcher(
            lambda *_: None, namespaces=[at.namespace], kubeconfig=str(control_plane), seconds=1
        )
        watcher.start()
        try:
            opened = set()
            signs = watcher._signs

            async def again():
                opened.update(signs._at.values())
                return len(opened) > 12  # each of four watches was opened anew, and again

            await eventually("idle watches to be opened anew", again)
            assert max(watcher.ages().values()) < 30.0
            assert watcher.restarts == 0
        finally:
            await asyncio.to_thread(watcher.stop)
