"""`python -m tools.picture NAMESPACE/NAME`: the README's picture, drawn of a study that runs.

It is what `espalier watch` shows at the moment at which enough trials have ended.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import click
from rich.console import CONSOLE_SVG_FORMAT, Console

from espalier.cli.asking.options import own_kubeconfig
from espalier.cli.frame import Frame, View
from espalier.cli.study_name import StudyName, read_study_name
from espalier.cli.summary import ENDED, counts_of
from espalier.cli.watch import has_ended, observe
from espalier.kube import Cluster
from tools.images.recipe import ROOT

PICTURE = ROOT / "docs/pictures/watch.svg"
FONT = "DejaVu Sans Mono, Menlo, Consolas, monospace"
"""Of the reader's own: a picture that fetches its font shows another one where it cannot."""


async def seen(study: StudyName, ended: int) -> Frame:
    """Wait until so many trials have ended, or the study; return what is shown then."""
    async with await Cluster.connect(own_kubeconfig()) as cluster:
        while True:
            found, trials = await observe(cluster, study)
            counts = counts_of(found, trials)
            if sum(counts[phase] for phase in ENDED) >= ended or has_ended(found):
                return Frame(found, trials, View(parameters=False))
            await asyncio.sleep(0.5)


def drawn(frame: Frame, title: str, width: int) -> str:
    """Draw a frame as SVG."""
    with Path("/dev/null").open("w") as nowhere:
        console = Console(record=True, width=width, file=nowhere, force_terminal=True)
        console.print(frame)
    form = re.sub(r"\s*@font-face \{\{.*?\}\}|<!--.*?-->", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    return console.export_svg(
        title=title, code_format=form.replace("Fira Code, monospace", FONT), unique_id="watch"
    )


@click.command()
@click.argument("study")
@click.option("--ended", default=15, show_default=True, help="After so many trials have ended.")
@click.option("--width", default=132, show_default=True, help="Columns of the terminal.")
@click.option("--output", type=click.Path(path_type=Path), default=PICTURE, show_default=True)
def main(study: str, ended: int, width: int, output: Path) -> None:
    """Draw STUDY as `espalier watch` shows it."""
    name = read_study_name(study, None)
    frame = asyncio.run(seen(name, ended))
    title = f"kubectl espalier watch {name.name}"
    output.write_text(drawn(frame, title, width), encoding="utf-8")


if __name__ == "__main__":
    main()
