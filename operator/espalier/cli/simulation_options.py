"""Options of the commands that simulate studies on recorded curves."""

from __future__ import annotations

from pathlib import Path

import click

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
picture_option = click.option(
    "--picture",
    type=click.Path(path_type=Path),
    help="Write a picture (SVG) here; needs espalier[pictures].",
)
