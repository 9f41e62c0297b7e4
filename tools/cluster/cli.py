"""The command line: `python -m tools.cluster up|down|status|kubeconfig|images|simulate|kueue`."""

import sys
from pathlib import Path

import click

from tools.cluster import build, lifecycle, requirements
from tools.cluster.api import Api
from tools.cluster.build import link_tools
from tools.cluster.certificates import Authority
from tools.cluster.control_plane import server
from tools.cluster.errors import ClusterError
from tools.cluster.images import BASE, load_image, offer_base
from tools.cluster.layout import Kind, Layout, cache_folder, known
from tools.cluster.objects import simulated_node
from tools.cluster.parts import QUEUE
from tools.cluster.progress import Progress


class _Group(click.Group):
    """A group of commands that shows a ClusterError without a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ClusterError as error:
            click.echo(f"\n{error}", err=True)
            sys.exit(1)


_bare = click.option(
    "--control-plane-only",
    "kind",
    flag_value=Kind.CONTROL_PLANE,
    type=Kind,
    help="etcd, API server, controller manager and scheduler on loopback; needs no root.",
)


@click.group(cls=_Group)
@click.option(
    "--name",
    envvar="ESPALIER_CLUSTER",
    default="espalier",
    show_default=True,
    help="Which cluster; several may run side by side.",
)
@click.pass_context
def main(context: click.Context, name: str) -> None:
    """Run a real Kubernetes on this machine, without Docker or a registry."""
    context.obj = name


@main.command()
@_bare
@click.pass_obj
def up(name: str, kind: Kind | None) -> None:
    """Bring the cluster up; nothing happens to what runs already."""
    progress = Progress()
    foreign = lifecycle.foreign_kubeconfig()
    if foreign:
        progress.say(f"KUBECONFIG is set: {foreign} is used, nothing is started")
        return
    layout = lifecycle.up(name, kind or Kind.FULL, progress)
    progress.say(f"{lifecycle.describe(layout)} is up")
    progress.say(f"its kubectl and helm are in {link_tools(layout.cache)}")
    click.echo(f"export KUBECONFIG={layout.kubeconfig}")


@main.command()
@_bare
@click.pass_obj
def down(name: str, kind: Kind | None) -> None:
    """Take the cluster down, also after a crash; without the option both kinds of that name."""
    progress = Progress()
    kinds = [kind] if kind else list(Kind)
    taken_down = [lifecycle.down(name, each, progress) for each in kinds]
    if not any(taken_down):
        progress.say(f"there is no cluster {name}")


@main.command()
def status() -> None:
    """Show every cluster of this machine, component by component."""
    clusters = known(cache_folder())
    if not clusters:
        click.echo("No cluster. `make cluster-up` starts one.")
    for layout in clusters:
        health = "up" if lifecycle.is_up(layout) else "NOT UP"
        click.echo(f"{lifecycle.describe(layout)}: {health}")
        click.echo(f"  kubeconfig  {layout.kubeconfig}")
        click.echo(f"  logs        {layout.logs}")
        for part in lifecycle.status(layout):
            state = f"pid {part.pid}" if part.alive else "DEAD"
            click.echo(f"  {part.component:<24} {state}")


@main.command()
@_bare
@click.pass_obj
def kubeconfig(name: str, kind: Kind | None) -> None:
    """Print the path of the cluster's kubeconfig, alone."""
    click.echo(_kubeconfig(name, [kind] if kind else list(Kind)))


def _kubeconfig(name: str, kinds: list[Kind]) -> Path:
    foreign = lifecycle.foreign_kubeconfig()
    if foreign:
        return foreign
    for kind in kinds:
        layout: Layout | None = lifecycle.find(name, kind)
        if layout and layout.kubeconfig.exists():
            return layout.kubeconfig
    raise ClusterError(f"There is no cluster {name}. `make cluster-up` starts one.")


@main.command()
@click.argument("archives", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def images(name: str, archives: tuple[Path, ...]) -> None:
    """Load docker-archive files onto the cluster's node; without any, make the base image."""
    progress = Progress()
    if not archives:
        requirements.check(Kind.FULL, progress)
        offer_base(cache_folder(), progress)
        click.echo(BASE)
        return
    if lifecycle.foreign_kubeconfig():
        raise ClusterError(
            "KUBECONFIG names a cluster that this tool did not start: push the images to a "
            "registry that it can reach instead."
        )
    layout = lifecycle.find(name, Kind.FULL)
    if layout is None or not lifecycle.is_up(layout):
        raise ClusterError(f"Cluster {name} is not up. `make cluster-up` starts it.")
    for archive in archives:
        with progress.step(f"load {archive.name}"):
            click.echo("\n".join(load_image(layout, archive)))


@main.command()
@click.argument("count", type=click.IntRange(1, 1000))
@click.pass_obj
def simulate(name: str, count: int) -> None:
    """Add nodes that KWOK plays; pods that tolerate their taint \"run\" there."""
    layout = lifecycle.find(name, Kind.FULL)
    if layout is None or not lifecycle.is_up(layout):
        raise ClusterError(f"Cluster {name} is not up. `make cluster-up` starts it.")
    api = Api(server(layout), Authority(layout.certificates))
    for number in range(count):
        node = simulated_node(f"simulated-{number}")
        api.apply(f"/api/v1/nodes/{node['metadata']['name']}", node)
    Progress().say(f"{count} simulated nodes")


@main.group()
def kueue() -> None:
    """Run the real Kueue beside the cluster; it minds namespaces that carry its label."""


@kueue.command("up")
@_bare
@click.pass_obj
def kueue_up(name: str, kind: Kind | None) -> None:
    """Start it, the first time after building it, which takes a quarter of an hour."""
    progress = Progress()
    layout = lifecycle.queue_up(name, kind or Kind.FULL, progress)
    progress.say(f"Kueue runs beside {lifecycle.describe(layout)}")


@kueue.command("down")
@_bare
@click.pass_obj
def kueue_down(name: str, kind: Kind | None) -> None:
    """Stop it, and remove its kinds with all objects of them."""
    progress = Progress()
    if not lifecycle.queue_down(name, kind or Kind.FULL, progress):
        progress.say(f"there is no Kueue beside cluster {name}")


@kueue.command("build")
def kueue_build() -> None:
    """Only build it; beside a build of the cluster, too."""
    build.build(QUEUE, cache_folder(), Progress())
