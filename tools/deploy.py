"""`python -m tools.deploy`: build the images and install the chart, as on a cluster of one's own.

With `KUBECONFIG` naming a cluster that is not one of ours, the images have to be where it finds
them; ESPALIER_IMAGES is then what stands before their names.
"""

import hashlib
import os
import subprocess
import sys

import click

from tools.cluster import lifecycle
from tools.cluster.build import link_tools
from tools.cluster.errors import ClusterError
from tools.cluster.layout import Kind, cache_folder
from tools.cluster.progress import Progress
from tools.images.cli import make
from tools.images.recipe import DEPLOYED, ROOT

NAMESPACE = "espalier-system"
OWN_IMAGES = "registry.local"


def images_prefix() -> str:
    """Return what stands before the images' names: ours, or where KUBECONFIG's cluster looks."""
    if lifecycle.foreign_kubeconfig() is None:
        return OWN_IMAGES
    prefix = os.environ.get("ESPALIER_IMAGES", "")
    if not prefix:
        raise ClusterError(
            "KUBECONFIG names a cluster that is not one of ours: push the images of "
            "`python -m tools.images` to where it finds them, and set ESPALIER_IMAGES to what "
            "stands before their names."
        )
    return prefix


def deploy(name: str, progress: Progress) -> None:
    """Bring the chart of this checkout onto the cluster and wait until the operator is ready."""
    foreign = lifecycle.foreign_kubeconfig()
    images, tag, version = images_prefix(), "dev", "foreign"
    if foreign is None:
        kubeconfig = lifecycle.up(name, Kind.FULL, progress).kubeconfig
        built = make(DEPLOYED, name, progress)
        version = hashlib.sha256("".join(b.archive.name for b in built).encode()).hexdigest()[:16]
    else:
        kubeconfig = foreign
    command = [
        *("helm", "upgrade", "--install", "espalier", "charts/espalier"),
        *("--namespace", NAMESPACE, "--create-namespace", "--wait", "--timeout", "2m"),
        *("--set", f"image.repository={images}/espalier-operator,image.tag={tag}"),
        *("--set", f"sidecar.image.repository={images}/espalier-sidecar,sidecar.image.tag={tag}"),
        *("--set", "store.persistence.keep=false"),
        *("--set-string", f"podAnnotations.images={version}"),
    ]
    path = f"{link_tools(cache_folder())}:{os.environ['PATH']}"
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig), "PATH": path}
    with progress.step("install the chart"):
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise ClusterError(
            f"helm could not install the chart:\n{done.stderr.strip()}\n\n{_operator(environment)}"
        )


def _operator(environment: dict[str, str]) -> str:
    """Return what the operator's pod and its log say, for a failed installation."""
    said = []
    for what in (["get", "pods", "-o", "wide"], ["logs", "deployment/espalier", "--tail=20"]):
        done = subprocess.run(
            ["kubectl", "-n", NAMESPACE, *what],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        said.append(done.stdout + done.stderr)
    return "\n".join(said)


@click.command()
@click.option("--name", envvar="ESPALIER_CLUSTER", default="espalier", help="Which cluster.")
def main(name: str) -> None:
    """Build the images, load them, install the chart of this checkout."""
    try:
        deploy(name, Progress())
    except ClusterError as error:
        click.echo(f"\n{error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
