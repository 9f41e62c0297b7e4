"""The command line: `python -m tools.images [NAME...]`."""

import sys

import click

from tools.cluster.errors import ClusterError
from tools.cluster.layout import cache_folder
from tools.cluster.progress import Progress
from tools.images.build import Built, build
from tools.images.load import load, running_cluster
from tools.images.recipe import RECIPES


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(RECIPES)))
@click.option(
    "--cluster",
    envvar="ESPALIER_CLUSTER",
    default="espalier",
    show_default=True,
    help="Whose node the images are loaded onto, if it is up.",
)
@click.option("--no-load", is_flag=True, help="Build only.")
def main(names: tuple[str, ...], cluster: str, no_load: bool) -> None:
    """Build the images (all of them, or those named), load them, print their sizes."""
    try:
        images = make(names or tuple(RECIPES), None if no_load else cluster, Progress())
    except ClusterError as error:
        click.echo(f"\n{error}", err=True)
        sys.exit(1)
    for image in images:
        click.echo(f"{image.name:<40} {image.megabytes:6.0f} MB  {image.archive}")


def make(names: tuple[str, ...], cluster: str | None, progress: Progress) -> list[Built]:
    """Build the images and load them onto the cluster, if one is named and up."""
    images = [build(RECIPES[name], cache_folder(), progress) for name in names]
    layout = running_cluster(cluster) if cluster is not None else None
    for image in images if layout is not None else ():
        assert layout is not None
        load(image, layout, progress)
    return images
