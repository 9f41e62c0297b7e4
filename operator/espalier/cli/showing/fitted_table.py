"""Tables that fit the terminal: columns that have no room are left out, and it is said which."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from espalier.cli.words import one_line
from espalier.views.plain import View

_GAP = 2
"""Blank characters between two columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    title
        What its head says.
    text
        Returns the text of a row's cell.
    style
        Returns how a cell is coloured; None is plain.
    right
        Whether it is aligned to the right, as numbers are.
    most
        How many characters a cell shows at most.
    rank
        Which columns give way first where there is no room: those of the greatest rank.
    least
        To how many characters it may be cut where there is no room; 0 is to none.
    """

    title: str
    text: Callable[[View], str]
    style: Callable[[View], str] | None = None
    right: bool = False
    most: int = 40
    rank: int = 0
    least: int = 0


@dataclass(frozen=True)
class FittedTable:
    """Rows in the columns for which there is room.

    Parameters
    ----------
    columns
        All there are.
    rows
        What is shown.
    more
        What is said below the table.
    """

    columns: Sequence[Column]
    rows: Sequence[View]
    more: Sequence[str] = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the table, and below it what was left out."""
        cells = [
            [_cut(text, column.most) for text in [column.title, *map(column.text, self.rows)]]
            for column in self.columns
        ]
        widths = fitting(
            self.columns, [max(map(cell_len, each)) for each in cells], options.max_width
        )
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, _GAP, 0, 0))
        for place, width in widths.items():
            table.add_column(
                Text(cells[place][0]),
                justify="right" if self.columns[place].right else "left",
                no_wrap=True,
                overflow="ellipsis",
                width=width,
            )
        for number, row in enumerate(self.rows, 1):
            styled = [(cells[place][number], self.columns[place].style) for place in widths]
            table.add_row(
                *(Text(text, style=style(row) if style else "") for text, style in styled)
            )
        yield table
        left_out = [cells[place][0] for place in range(len(cells)) if place not in widths]
        if left_out:
            yield Text(f"no room for {', '.join(left_out)}: -o csv has all", style="dim")
        for line in self.more:
            yield Text(one_line(line), style="dim")


def fitting(columns: Sequence[Column], widths: Sequence[int], room: int) -> dict[int, int]:
    """Return the places of the columns for which there is room, in their order, and their widths.

    The first one always is there. One that may be cut takes what is left.
    """
    kept: dict[int, int] = {}
    for place in sorted(range(len(columns)), key=lambda place: columns[place].rank):
        left = room - sum(width + _GAP for width in kept.values())
        width = min(widths[place], left) if columns[place].least else widths[place]
        if not kept or (width <= left and width >= min(columns[place].least, widths[place])):
            kept[place] = width
    return dict(sorted(kept.items()))


def _cut(text: str, most: int) -> str:
    shown = one_line(text)
    return shown if len(shown) <= most else shown[: most - 1] + "…"
