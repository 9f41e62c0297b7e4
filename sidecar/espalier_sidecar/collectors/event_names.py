"""What a scalar in an event file is called: its tag, and sometimes what a folder says."""

from __future__ import annotations

from collections.abc import Callable, Sequence

SPLITS = frozenset(
    {
        *("train", "train_inner", "training"),
        *("dev", "eval", "evaluation", "test", "val", "valid", "validation"),
    }
)
"""Folders that say of which data a value is, as Keras, Estimators and fairseq make them."""


def name_of(folders: Sequence[str], tag: str, asked: Callable[[str], bool]) -> str:
    """Return the name of a scalar; it depends on nothing that other files have, or will have.

    It is the tag, whatever the folder of a run is called (`lightning_logs/version_0`), but

    - `folder/tag` in a folder that is one of `SPLITS`: `validation/epoch_loss`;
    - `tag/key` for a value of `add_scalars(tag, {key: value})`, which makes a folder for each key;
    - with more of its folders before it, if the study asks for that: `fold_3/loss`.

    Parameters
    ----------
    folders
        The folders between the collector's directory and the file, the outermost first.
    tag
        The tag.
    asked
        Whether the study asks for a name.
    """
    whole = [f"{'/'.join(folders[first:])}/{tag}" for first in range(len(folders))]
    if key := _key_of_scalars(folders, tag):
        usual = f"{tag}/{key}"
    elif folders and folders[-1] in SPLITS:
        usual = whole[-1]
    else:
        usual = tag
    return next((name for name in whole if asked(name)), usual)


def _key_of_scalars(folders: Sequence[str], tag: str) -> str:
    """Return the key for which `add_scalars` has made the folder; empty if it has not.

    With tensorboardX the folder is `tag/key`, with torch `tag_key`, slashes being underscores.
    """
    if not folders:
        return ""
    if f"/{'/'.join(folders[:-1])}".endswith(f"/{tag}"):
        return folders[-1]
    start = f"{tag.replace('/', '_')}_"
    return folders[-1].removeprefix(start) if folders[-1].startswith(start) else ""
