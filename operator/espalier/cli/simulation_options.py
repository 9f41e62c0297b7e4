"""Options of the commands that simulate studies on recorded curves."""

from __future__ import annotations

from pathlib import Path

import click

from espalier.pruning import Direction

pruning_option = click.option(
    "--pruning", default="{}", help="spec.pruning for all of them, in YAML."
)
seed_option = click.option(
    "--seed", default=0, show_default=True, help="What the lists are drawn from."
)
jobs_option = click.option(
    "--jobs",
    type=click.IntRange(1),
    help="Processes that simulate; the number of cores if not given. The figures are the same.",
)
metric_option = click.option(
    "--metric", help="Which values of a CSV count, if it has several; it does not say it itself."
)
direction_option = click.option(
    "--direction",
    type=click.Choice([each.value for each in Direction]),
    help="Which way the values of a CSV are better; all other files say it themselves.",
)
picture_option = click.option(
    "--picture",
    type=click.Path(path_type=Path),
    help="Write a picture (SVG) here; needs espalier[pictures].",
)
