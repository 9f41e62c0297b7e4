"""`espalier curves`: a study's curves, in the terminal or as a picture."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Group
from rich.text import Text

from espalier.cli.asking.options import Whom, opened, source_options, study_argument
from espalier.cli.asking.source import StudySource, all_items
from espalier.cli.showing.formats import show
from espalier.cli.showing.terminal_curves import drawn, legend
from espalier.errors import UsageError
from espalier.pictures.curves import CurvesPicture, require_matplotlib
from espalier.views.plain import View

IN_TERMINAL, IN_PICTURE = 40, 500
"""So many curves are drawn where nobody asks for another number: more are not told apart."""


@dataclass(frozen=True)
class Pictures:
    """Files into which curves are drawn; None where none is wanted.

    Parameters
    ----------
    png, svg, html
        Their paths, by what they are.
    """

    png: str | None
    svg: str | None
    html: str | None

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return bool(self.png or self.svg or self.html)


async def asked(
    source: StudySource, trials: Sequence[int], most: int, tabled: bool
) -> CurvesPicture:
    """Ask for curves, and for the cut-off where it is told."""
    study = await source.ask("")
    query: dict[str, str | Sequence[str]] = {"most": str(most)}
    if trials:
        query["trial"] = [str(number) for number in trials]
    curves = await source.ask("curves", query)
    band: Sequence[View] = ()
    with contextlib.suppress(UsageError):  # of an operator that does not tell it
        band = (await source.ask("band"))["steps"]
    rows = await all_items(source, "trials", {"sort": "value"}) if tabled else []
    return CurvesPicture(study, curves, band, rows)


def in_terminal(found: CurvesPicture, size: tuple[int, int], log: bool) -> Group:
    """Return the curves as they are drawn into a terminal."""
    if not found.curves["trials"]:
        return Group(Text("There are no curves: no trial has reported a value yet."))
    plain = not (sys.stdout.encoding or "").lower().startswith("utf")
    lines = [
        drawn(found.study, found.curves, found.band, size, log=log, plain=plain),
        legend(found.curves, bool(found.band)),
    ]
    if found.curves["leftOut"]:
        said = f"… {found.curves['leftOut']:,} more; --most draws more, --trial others"
        lines.append(Text(said, style="dim"))
    return Group(*lines)


@click.command("curves")
@study_argument
@source_options
@click.option(
    "--trial",
    "trials",
    multiple=True,
    type=click.IntRange(0),
    help="Only this one; may be given several times.",
)
@click.option(
    "--most",
    type=click.IntRange(1, 10_000),
    help="How many curves at most, the best and the newest; if not given, "
    f"{IN_TERMINAL} in a terminal and {IN_PICTURE} in a picture.",
)
@click.option(
    "--scale",
    type=click.Choice(["linear", "log"]),
    default="linear",
    show_default=True,
    help="The scale of the values.",
)
@click.option(
    "--png", type=click.Path(dir_okay=False), help="Write a picture here; needs espalier[pictures]."
)
@click.option(
    "--svg",
    type=click.Path(dir_okay=False),
    help="Write a picture here that can be enlarged; needs espalier[pictures].",
)
@click.option(
    "--html",
    type=click.Path(dir_okay=False),
    help="Write a page here that loads nothing: the picture and a table; needs espalier[pictures].",
)
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json", "yaml"]),
    default="table",
    help="Print the numbers instead.",
)
def command(
    study: str | None,
    given: Whom,
    trials: tuple[int, ...],
    most: int | None,
    scale: str,
    png: str | None,
    svg: str | None,
    html: str | None,
    output: str,
) -> None:
    """Draw the curves of STUDY (NAME or NAMESPACE/NAME): values by step, a line for each trial.

    The best is highlighted, and an x marks where a trial was pruned; where the pruner compares with
    a cut-off, it is drawn as a band. A few values that broke out are left outside.

    \b
    Examples:
      kubectl espalier curves digits
      kubectl espalier curves ml/digits --trial 3 --trial 7 --scale log
      kubectl espalier curves digits --svg digits.svg --html digits.html
      espalier curves --from digits.jsonl
    """
    pictures = Pictures(png, svg, html)
    if pictures.any:
        require_matplotlib()
    usual = IN_PICTURE if pictures.any else IN_TERMINAL

    async def ask() -> CurvesPicture:
        async with opened(study, given) as source:
            return await asked(source, trials, most or usual, html is not None)

    found = asyncio.run(ask())
    if pictures.any:
        write(found, pictures, scale == "log")
        return
    size = shutil.get_terminal_size((80, 24))
    show(
        output,
        found.curves["trials"],
        name=lambda trial: str(trial["number"]),
        drawn=lambda: in_terminal(found, (size.columns, size.lines - 4), scale == "log"),
        whole=found.curves,
    )


def write(found: CurvesPicture, pictures: Pictures, log: bool) -> None:
    """Write the pictures that were asked for, and say where."""
    for path, kind in ((pictures.png, "png"), (pictures.svg, "svg"), (pictures.html, "html")):
        if path:
            Path(path).write_bytes(found.picture(kind, log=log))
            click.echo(f"{path}", err=True)
