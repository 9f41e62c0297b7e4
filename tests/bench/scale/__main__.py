"""`python -m tests.bench.scale`: bring all up, run, print, write JSON, take all down."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from pathlib import Path

import click

from tests.bench.scale.ground import prepare
from tests.bench.scale.run import Run
from tests.bench.scale.size import Size
from tests.bench.scale.told import markdown, table
from tools.cluster import lifecycle
from tools.cluster.layout import Kind
from tools.cluster.progress import Progress

_SIZE = Size()


@click.command(context_settings={"show_default": True})
@click.option("--running", default=_SIZE.running, help="Trials that run at once.")
@click.option("--trials", default=_SIZE.trials, help="Trials of the study.")
@click.option("--steps", default=_SIZE.steps, help="Values of a trial that runs to its end.")
@click.option("--rate", "rates", multiple=True, default=_SIZE.rates, help="Reports a second.")
@click.option("--seconds", default=_SIZE.seconds, help="Length of the load at each rate.")
@click.option("--restart-seconds", default=_SIZE.restart_seconds, help="0: no restart.")
@click.option("--pruned-percent", default=_SIZE.pruned_percent, help="Trials to be pruned.")
@click.option("--ended", type=int, default=None, help="Trials ended before; else by the others.")
@click.option("--qps", type=float, default=None, help="Of the operator; else its default.")
@click.option("--burst", type=int, default=None, help="Of the operator; else its default.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Where to write the figures.")
@click.option("--name", envvar="ESPALIER_CLUSTER", default="scale", help="Name of the cluster.")
@click.option("--keep", is_flag=True, help="Leave the cluster up.")
def main(path: Path | None, name: str, keep: bool, **sizes: object) -> None:
    """Run a study of many trials on a real control plane, and tell what limits it."""
    size, progress = Size(**sizes), Progress()  # type: ignore[arg-type]
    began, load_before = time.monotonic(), os.getloadavg()[0]

    def say(line: str) -> None:
        click.echo(f"{time.monotonic() - began:7.1f} s  {line}", err=True)

    try:
        ground = prepare(name, size, progress)
        with tempfile.TemporaryDirectory(prefix="espalier-scale-") as folder:
            run = Run(ground, size, Path(folder) / "espalier.db", say)
            run.results["size"] = vars(size) | {"ended": size.first_live, "nodes": size.nodes}
            run.results["machine's load before"] = round(load_before, 2)
            try:
                asyncio.run(run.all())
                click.echo(markdown(run.results))
            finally:
                run.results["all of it, s"] = round(time.monotonic() - began, 1)
                click.echo(table(run.results))
                if path is not None:
                    path.write_text(json.dumps(run.results, indent=1))
    finally:
        if not keep:
            lifecycle.down(name, Kind.CONTROL_PLANE, progress)


if __name__ == "__main__":
    main()
