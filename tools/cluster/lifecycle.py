"""Up, down, and what there is: the order in which things happen."""

import json
import os
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tools.cluster import build, kueue, network, node, process, requirements
from tools.cluster.api import Api, write_kubeconfig
from tools.cluster.certificates import Authority
from tools.cluster.control_plane import Component, components, server
from tools.cluster.errors import ClusterError
from tools.cluster.layout import (
    Kind,
    Layout,
    cache_folder,
    checked_name,
    choose_slot,
    known,
    machine_leaves_free,
    state_of,
)
from tools.cluster.parts import CONTROL_PLANE, NODE, QUEUE
from tools.cluster.progress import Progress

READY_SECONDS = 120.0
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Part:
    """One line of `status`."""

    component: str
    pid: int
    alive: bool


def up(name: str, kind: Kind, progress: Progress) -> Layout:
    """Bring a cluster up, or what of it is not; return where it is."""
    checked_name(name)
    requirements.check(kind, progress)
    cache = cache_folder()
    parts = CONTROL_PLANE if kind is Kind.CONTROL_PLANE else (*CONTROL_PLANE, *NODE)
    build.build(parts, cache, progress)
    with build.locked(cache / "clusters" / f"{name}.lock", progress, "another `up` or `down`"):
        layout = _place(name, kind, cache, progress)
        authority = Authority(layout.certificates)
        if kind is Kind.FULL:
            node.prepare(layout, progress)
        for component in components(layout, authority):
            _bring_up(layout, component, progress)
        write_kubeconfig(
            layout.kubeconfig, server(layout), authority, "admin", "admin", ("system:masters",)
        )
        if kind is Kind.FULL:
            for component in node.components(layout, authority):
                _bring_up(layout, component, progress)
            node.furnish(layout, authority, progress)
    return layout


def down(name: str, kind: Kind, progress: Progress) -> bool:
    """Take a cluster down, whatever is left of it; return whether there was one."""
    checked_name(name)
    cache = cache_folder()
    with build.locked(cache / "clusters" / f"{name}.lock", progress, "another `up` or `down`"):
        layout = find(name, kind)
        if layout is None:
            return False
        with progress.step(f"take down {describe(layout)}"):
            if kind is Kind.FULL:
                node.clear(layout)
            process.stop(layout.state, process.recorded_names(layout.state))
            if kind is Kind.FULL:
                node.remove(layout)
            shutil.rmtree(layout.state)
            with suppress(OSError):  # the other kind's folder may lie beside it
                layout.state.parent.rmdir()
    return True


def queue_up(name: str, kind: Kind, progress: Progress) -> Layout:
    """Start Kueue beside a cluster that is up, or what of it is not there."""
    if trouble := kueue.obstacle():
        raise ClusterError(f"{trouble}.")
    layout = find(name, kind)
    if layout is None or not layout.kubeconfig.exists():
        raise ClusterError(f"There is no cluster {name} that Kueue could be started beside.")
    build.build(QUEUE, layout.cache, progress)
    with build.locked(layout.cache / "clusters" / f"{name}.lock", progress, "another `up`"):
        authority = Authority(layout.certificates)
        api = Api(server(layout), authority)
        with progress.step("define Kueue's kinds"):
            kueue.define(api, layout)
        _bring_up(layout, kueue.component(layout, authority), progress)
        kueue.intercept(api, layout, authority)
    return layout


def queue_down(name: str, kind: Kind, progress: Progress) -> bool:
    """Take Kueue and its kinds away from a cluster; return whether there was one."""
    with build.locked(cache_folder() / "clusters" / f"{name}.lock", progress, "another `up`"):
        layout = find(name, kind)
        if layout is None or process.recorded(layout.state, kueue.NAME) is None:
            return False
        with progress.step(f"take Kueue away from {describe(layout)}"):
            kueue.remove(Api(server(layout), Authority(layout.certificates)), layout)
    return True


def find(name: str, kind: Kind) -> Layout | None:
    """Return the cluster of this name and kind, if it was ever brought up."""
    for layout in known(cache_folder()):
        if (layout.name, layout.kind) == (name, kind):
            return layout
    return None


def is_up(layout: Layout) -> bool:
    """Tell whether all components of a cluster run and its API server answers."""
    parts = status(layout)
    if not layout.kubeconfig.exists() or not parts or not all(part.alive for part in parts):
        return False
    return Api(server(layout), Authority(layout.certificates)).healthy()


def status(layout: Layout) -> list[Part]:
    """Return one line for each component that was started."""
    lines = []
    for name in process.recorded_names(layout.state):
        known_process = process.recorded(layout.state, name)
        if known_process is not None:
            lines.append(Part(name, known_process.pid, known_process.alive()))
    return lines


def describe(layout: Layout) -> str:
    """Return a cluster's name for a person."""
    kind = "" if layout.kind is Kind.FULL else " (control plane only)"
    return f"cluster {layout.name}{kind}"


def foreign_kubeconfig() -> Path | None:
    """Return the KUBECONFIG of a cluster that is not one of ours, if one is set."""
    chosen = os.environ.get("KUBECONFIG")
    if not chosen:
        return None
    path = Path(chosen).expanduser().resolve()
    return None if path.is_relative_to(cache_folder() / "clusters") else path


def _place(name: str, kind: Kind, cache: Path, progress: Progress) -> Layout:
    """Return the cluster's layout; the first time, find a slot and remember it."""
    with build.locked(cache / "clusters" / ".lock", progress, "another cluster's start"):
        clusters = known(cache)
        for layout in clusters:
            if (layout.name, layout.kind) == (name, kind):
                return layout
        slot = choose_slot(
            {layout.slot for layout in clusters},
            lambda slot: machine_leaves_free(Layout(name, kind, slot, cache)),
        )
        state = state_of(cache, name, kind)
        state.mkdir(parents=True, exist_ok=True)
        (state / "cluster.json").write_text(json.dumps({"slot": slot}))
        return Layout(name, kind, slot, cache)


def _bring_up(layout: Layout, component: Component, progress: Progress) -> None:
    """Start one component and wait until it serves."""
    arguments = [*network.enter(layout), *component.arguments]
    if process.runs(layout.state, component.name, arguments) and component.ready():
        progress.say(f"{component.name}: runs already")
        return
    with progress.step(f"start {component.name}"):
        process.start(
            component.name,
            arguments,
            state=layout.state,
            environment=component.environment,
            cgroup=node.supervision(layout),
        )
        deadline = time.monotonic() + READY_SECONDS
        while not component.ready():
            running = process.recorded(layout.state, component.name)
            if running is None or not running.alive():
                trouble = "ended"
            elif time.monotonic() > deadline:
                trouble = f"did not serve within {READY_SECONDS:.0f} s"
            else:
                time.sleep(_POLL_SECONDS)
                continue
            raise ClusterError(
                f"{component.name} {trouble}.\n{process.last_lines(layout.state, component.name)}"
            )
