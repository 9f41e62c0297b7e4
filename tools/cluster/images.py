"""Images without a registry: a base made here, and what was built over it brought to the node."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tools.cluster.archive import identity, names_in, write_archive
from tools.cluster.build import locked
from tools.cluster.errors import ClusterError
from tools.cluster.layout import Layout
from tools.cluster.parts import PAUSE, tool
from tools.cluster.progress import Progress

SUITE = "bookworm"
PAUSE_NAME = f"registry.local/pause:{PAUSE}"
_BASE_REVISION = "3"  # raise it when what the base holds is changed below
BASE = f"localhost/espalier-base:{SUITE}-{_BASE_REVISION}"
_LEFT_OUT = (
    "dev/",
    "proc/",
    "sys/",
    "var/cache/",
    "var/lib/apt/lists/",
    "var/log/",
    "usr/share/doc/",
    "usr/share/info/",
    "usr/share/locale/",
    "usr/share/man/",
)


def base_archive(cache: Path, progress: Progress) -> Path:
    """Return the archive of the base image, Debian with Python; made the first time."""
    archive = cache / "images" / f"base-{SUITE}-{_BASE_REVISION}.tar"
    with locked(cache / "images.lock", progress, "another that makes the base image"):
        if not archive.exists():
            with progress.step(f"make the base image {BASE}"):
                _make_base(archive)
    return archive


def offer_base(cache: Path, progress: Progress) -> None:
    """Let buildah know the base image by its name, for `--build-arg BASE=…`."""
    archive = base_archive(cache, progress)
    known = subprocess.run(
        ["buildah", "inspect", "--type", "image", "--format", "{{.FromImageID}}", BASE],
        capture_output=True,
        text=True,
        check=False,
    )
    if known.stdout.strip() != identity(archive):
        with progress.step(f"offer {BASE} to buildah"):
            _run(["buildah", "pull", "--policy", "never", f"docker-archive:{archive}"])


def pause_archive(cache: Path) -> Path:
    """Return the archive of the image that holds a pod's namespaces open."""
    archive = cache / "images" / f"pause-{PAUSE}.tar"
    if not archive.exists():
        contents = {"pause": tool(cache, "pause")}
        write_archive(archive, PAUSE_NAME, contents, settings={"Entrypoint": ["/pause"]})
    return archive


def load_image(layout: Layout, archive: Path) -> list[str]:
    """Bring an image out of a `docker-archive` onto the cluster's node; return its names."""
    if not archive.exists():
        raise ClusterError(f"{archive} does not exist: expected a docker-archive. Build it first.")
    _run([*_ctr(layout), "images", "import", "--snapshotter", "overlayfs", str(archive)])
    _forget_replaced(layout)
    return names_in(archive)


def has_image(layout: Layout, name: str) -> bool:
    """Tell whether the node has an image of this name."""
    found = subprocess.run(
        [*_ctr(layout), "images", "list", "--quiet", f"name=={name}"],
        capture_output=True,
        text=True,
        check=False,
    )
    return name in found.stdout.split()


def _forget_replaced(layout: Layout) -> None:
    """Drop images whose name went to a newer one; the kubelet is told never to delete any."""
    listed = subprocess.run(
        [*_ctr(layout), "images", "list"], capture_output=True, text=True, check=False
    )
    rows = [line.split()[:3] for line in listed.stdout.splitlines()[1:]]
    named = {digest for name, _, digest in rows if not name.startswith("sha256:")}
    replaced = [name for name, _, digest in rows if digest not in named]
    if replaced:
        _run([*_ctr(layout), "images", "remove", *replaced])


def _ctr(layout: Layout) -> list[str]:
    socket = layout.containerd_socket
    return [str(tool(layout.cache, "ctr")), "--address", str(socket), "--namespace", "k8s.io"]


def _make_base(archive: Path) -> None:
    """Debootstrap into a folder and pack it, without what only a person at a shell would read."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    # root's own folder, as debootstrap needs device nodes and set-uid files to work there
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".base-") as folder:
        command = ["debootstrap", "--variant=minbase", "--include=python3", SUITE, folder]
        try:
            _run([*command, *_mirror()])
            os.chmod(folder, 0o755)  # else nobody but root may start anything in it
            write_archive(
                archive,
                BASE,
                {"": Path(folder)},
                keep=lambda path: not path.startswith(_LEFT_OUT),
                settings={"Env": ["PATH=/usr/local/bin:/usr/bin:/bin"], "Cmd": ["/bin/sh"]},
            )
        finally:
            for mounted in ("proc", "sys"):
                subprocess.run(["umount", f"{folder}/{mounted}"], capture_output=True, check=False)


def _mirror() -> list[str]:
    """Return the mirror that this machine's apt uses for the suite, if it does."""
    if shutil.which("apt-get") is None:
        return []
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(CODENAME) $(CREATED_BY) $(REPO_URI)"],
        capture_output=True,
        text=True,
        check=False,
    )
    for line in listed.stdout.splitlines():
        if line.startswith(f"{SUITE} Packages "):
            return [line.split()[-1]]
    return []


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        output = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        raise ClusterError(f"`{' '.join(command)}` failed:\n{output}")
