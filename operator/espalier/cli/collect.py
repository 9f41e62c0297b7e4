"""`espalier collect`: what a trial's sidecar would read in a file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from espalier.api.collectors import Preset
from espalier.cli.collecting.choices import Named, read_study, readable
from espalier.cli.collecting.collected import Findings, collect
from espalier.cli.collecting.locations import Location, location_of
from espalier.cli.collecting.search import Looked, fits, read_by
from espalier.cli.collecting.told import (
    compared,
    fitting,
    json_lines,
    missing,
    nothing_fits,
    passed_over,
    section,
    table,
)
from espalier.cli.words import one_line

NONE = 1
"""Exit code where no value was found."""
UNNAMED = "value"
"""What a value is called that comes without a name, where neither --metric nor a study says it."""


@click.command("collect")
@click.argument("sources", metavar="FILE_OR_DIRECTORY...", nargs=-1, required=True)
@click.option("--study", metavar="YAML", help="Read as this Study's collectors would.")
@click.option(
    "--type",
    "type_",
    metavar="TYPE",
    help="Read as a collector of this type: Output or Log (text), File (reports as JSON lines), "
    "Csv, or TensorBoard.",
)
@click.option(
    "--preset",
    metavar="PRESET",
    help=f"Whose output it is, for Output and Log: {', '.join(Preset)}.",
)
@click.option(
    "--pattern",
    metavar="REGEX",
    help="A regular expression with a group named value, and maybe step and metric.",
)
@click.option(
    "--step-pattern",
    metavar="REGEX",
    help="With --value-pattern: has a group named step, and stands on an earlier line.",
)
@click.option(
    "--value-pattern",
    metavar="REGEX",
    help="Has a group named value, and maybe metric and step.",
)
@click.option(
    "--step-scale",
    type=float,
    help="What a step is multiplied with, where it is a fraction or counts something else.",
)
@click.option("--metric", metavar="NAME", help="Only this metric; also what an unnamed value is.")
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="json: one object a line with metric, step and value, and nothing else on standard "
    "output.",
)
def command(
    sources: tuple[str, ...],
    study: str | None,
    type_: str | None,
    preset: str | None,
    pattern: str | None,
    step_pattern: str | None,
    value_pattern: str | None,
    step_scale: float | None,
    metric: str | None,
    form: str,
) -> None:
    """Print the values that a trial's sidecar would read in logs, tables and event files.

    Try a collector here before a cluster does: the code that reads is the sidecar's own.
    FILE_OR_DIRECTORY is what a training has printed or written: a log, a CSV file, JSON lines, an
    event file or a directory of such; `-` is standard input.

    Say how it is read by --study, by --type and --preset, or by a regular expression (Python's);
    say nothing, and every type and preset is tried: which of them fit is told, and the best one is
    taken.

    Standard output has the values, a row a step, and the section to paste into a Study. Of several
    values of one metric at a step the first one stays, as it does in a study; a value that is NaN
    or infinite is shown as diverged, in JSON as null. Standard error says what was passed over and
    why, and with --study whether the objective is among the metrics, and how the steps compare
    with resource.max.

    Exits with 0 if values were found, with 1 if none was (with --metric or --study: none of that
    metric, or of the study's objective), with 2 if it was asked for in a wrong way.

    \b
    Examples:
      python train.py | espalier collect -
      espalier collect train.log
      espalier collect --preset Keras train.log
      espalier collect --pattern 'epoch (?P<step>\\d+): acc (?P<value>\\S+)' train.log
      espalier collect --step-pattern 'Train Epoch: (?P<step>\\d+)' \\
        --value-pattern 'Average loss: (?P<value>[\\d.]+)' train.log
      espalier collect --study study.yaml --metric val_accuracy runs/
      espalier collect lightning_logs/version_0/metrics.csv -o json
      kubectl logs digits-3-x7x2p -c trainer | espalier collect --study study.yaml -
    """
    named = Named(type_, preset, pattern, step_pattern, value_pattern, step_scale)
    if study is not None and named != Named():
        raise click.UsageError(
            "the study says how values are read; leave out --study, or --type, --preset, the "
            "patterns and --step-scale"
        )
    spec = None if study is None else read_study(study).spec
    unnamed = metric or UNNAMED if spec is None else spec.objective.metric
    wanted = metric if spec is None or metric is not None else spec.objective.metric
    looked = Looked(unnamed, wanted, step_scale)
    collectors = named.chosen() if spec is None else readable(spec)
    with tempfile.TemporaryDirectory(prefix="espalier-") as scratch:
        locations = [location_of(source, Path(scratch)) for source in sources]
        if collectors:
            found = [each for at in locations for each in read_by(collectors, at, unnamed)]
        else:
            found = [_best(at, looked) for at in locations]
        for each in found:
            if collectors or each.values:
                _say(each.location.shown, [fitting(each), *passed_over(each)])
        if spec is not None and not any(each.values for each in found):
            others = [each for at in locations if (each := _best(at, looked)).values]
            click.echo(section(others) if others else "", nl=False, err=True)
    if spec is not None:
        _say(study, compared(spec, found))
    came = {name for each in found for name in each.metrics}
    if metric is not None and metric not in came:
        _say("--metric", [missing(metric, found)])
    _print([each.only(metric) for each in found], form, wanted, pasted=spec is None)
    if not came or (wanted is not None and wanted not in came):
        raise SystemExit(NONE)


def _best(location: Location, looked: Looked) -> Findings:
    """Return what the type or preset that fits best finds; say which ones fit."""
    found = fits(location, looked)
    fit = [each for each in found if each.values]
    if not fit:
        _say(location.shown, nothing_fits(found))
        return found[0]
    if len(fit) > 1:
        _say(location.shown, [f"{len(fit)} collectors fit, the best first"])
    for each in fit if len(fit) > 1 else ():
        _say(each.location.shown, [f"- {fitting(each)}"])
    best = fit[0]
    return best if best.whole else collect(best.collector, best.location, looked.unnamed)


def _print(found: Sequence[Findings], form: str, first: str | None, pasted: bool) -> None:
    """Print the values, and what to paste."""
    some = [each for each in found if each.values]
    for each in some:
        lines = json_lines(each) if form == "json" else table(each, first)
        if form == "table" and len(some) > 1:
            click.echo(f"# {one_line(each.location.shown)}")
        for line in lines:
            click.echo(line)
        if form == "table":
            click.echo()
    if some and pasted:
        click.echo(section(some), nl=False, err=form == "json")


def _say(subject: str | None, lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(f"{one_line(subject or '')}: {line}", err=True)
