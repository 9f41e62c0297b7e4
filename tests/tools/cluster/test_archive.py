"""Images written here are what buildah and containerd read."""

import json
import tarfile
from pathlib import Path

import pytest

from tools.cluster.archive import identity, names_in, write_archive
from tools.cluster.errors import ClusterError

NAME = "localhost/thing:1"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tree" / "doc").mkdir(parents=True)
    (tmp_path / "tree" / "thing").write_text("thing")
    (tmp_path / "tree" / "doc" / "long").write_text("words")
    return tmp_path / "tree"


def layer(archive: Path) -> list[str]:
    with (
        tarfile.open(archive) as outer,
        tarfile.open(fileobj=outer.extractfile("layer.tar")) as inner,
    ):
        return inner.getnames()


def test_an_archive_holds_its_name_and_what_was_kept(tree: Path, tmp_path: Path) -> None:
    archive = tmp_path / "thing.tar"
    write_archive(archive, NAME, {"": tree}, keep=lambda path: not path.startswith("doc/"))
    assert names_in(archive) == [NAME]
    assert "thing" in layer(archive)
    assert "doc/long" not in layer(archive)


def test_its_identity_follows_from_settings_and_content(tree: Path, tmp_path: Path) -> None:
    archives = [tmp_path / f"{number}.tar" for number in range(3)]
    write_archive(archives[0], NAME, {"": tree})
    write_archive(archives[1], NAME, {"": tree}, settings={"Cmd": ["/thing"]})
    (tree / "thing").write_text("another")
    write_archive(archives[2], NAME, {"": tree})
    assert len({identity(archive) for archive in archives}) == 3


def test_a_failure_leaves_no_half_archive(tree: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_archive(tmp_path / "thing.tar", NAME, {"": tree, "absent": tree / "absent"})
    assert list(tmp_path.glob("thing*")) == []


def test_a_tar_that_is_no_image_is_named(tmp_path: Path) -> None:
    other = tmp_path / "other.tar"
    with tarfile.open(other, "w") as tar:
        tar.add(__file__, arcname="file")
    with pytest.raises(ClusterError, match=f"{other} holds no manifest.json"):
        names_in(other)


def test_the_settings_name_the_layer_by_its_digest(tree: Path, tmp_path: Path) -> None:
    archive = tmp_path / "thing.tar"
    write_archive(archive, NAME, {"": tree})
    with tarfile.open(archive) as tar:
        config = json.load(tar.extractfile("config.json"))  # type: ignore[arg-type]
    assert config["rootfs"]["type"] == "layers"
    assert config["rootfs"]["diff_ids"][0].startswith("sha256:")
