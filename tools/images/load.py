"""Brings built images to the cluster's node, each once."""

from tools.cluster import lifecycle
from tools.cluster.images import has_image, load_image
from tools.cluster.layout import Kind, Layout
from tools.cluster.progress import Progress
from tools.images.build import Built


def running_cluster(name: str) -> Layout | None:
    """Give the cluster that can take images, if it is up."""
    if lifecycle.foreign_kubeconfig() is not None:
        return None
    layout = lifecycle.find(name, Kind.FULL)
    return layout if layout is not None and lifecycle.is_up(layout) else None


def load(built: Built, layout: Layout, progress: Progress) -> None:
    """Load the image, unless the node has this very one."""
    noted = layout.state / "images" / built.name.replace("/", "_").replace(":", "_")
    known = noted.read_text() if noted.exists() else ""
    if known == built.archive.name and has_image(layout, built.name):
        return
    with progress.step(f"load {built.name}"):
        load_image(layout, built.archive)
    noted.parent.mkdir(parents=True, exist_ok=True)
    noted.write_text(built.archive.name)
