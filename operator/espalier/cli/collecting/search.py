"""What is found in the locations that a person names, by the collectors that read there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch

from espalier.api.collectors import CollectorSpec, Preset
from espalier.cli.collecting.choices import OF_DIRECTORIES, every
from espalier.cli.collecting.collected import Findings, collect
from espalier.cli.collecting.locations import Location, files_in
from espalier.errors import UsageError

FIRST = 20_000
"""So many lines of a file are read to see what fits; all, where nothing does."""
HALF = 0.5
"""A collector that finds so many of the steps that the best one finds fits too."""
REPEATED = 0.1
"""Where more of the values than this repeat a step, something is read that is no result."""


@dataclass(frozen=True)
class Looked:
    """What is looked for.

    Parameters
    ----------
    unnamed
        What a value is called that comes without a name.
    wanted
        A metric that is to be among what is found; None if any will do.
    step_scale
        What a step is multiplied with; None where it is to be whole as it comes.
    """

    unnamed: str
    wanted: str | None
    step_scale: float | None


def read_by(collectors: Sequence[CollectorSpec], location: Location, metric: str) -> list[Findings]:
    """Return what each of some collectors finds in a location; those of a directory that find some.

    Parameters
    ----------
    metric
        What a value is called that comes without a name.

    Raises
    ------
    UsageError
        If none of them reads what is there.
    """
    found = [collect(each, at, metric) for each in collectors for at in _where(each, location)]
    if not found:
        kind = "text file" if location.is_directory else "event file"
        raise UsageError(
            location.shown,
            f"expected what {', '.join(each.type for each in collectors)} can read, and there is "
            f"no {kind}; leave the type out to see what fits",
        )
    return [each for each in found if each.values] or found[:1]


def fits(location: Location, looked: Looked) -> list[Findings]:
    """Return what all types and presets find in a location, the one that fits best first."""
    pairs = [(each, at) for each in every(looked.step_scale) for at in _where(each, location)]
    found = [collect(*pair, looked.unnamed, FIRST) for pair in pairs]
    if not any(each.values for each in found) and not all(each.whole for each in found):
        found = [collect(*pair, looked.unnamed) for pair in pairs]
    return _ranked(found, looked.wanted)


def _where(collector: CollectorSpec, location: Location) -> list[Location]:
    """Return where a collector reads: event files in a directory, others in each file."""
    if collector.type in OF_DIRECTORIES:
        return [location] if location.is_directory else []
    if not location.is_directory:
        return [location]
    files = list(files_in(location))
    path = getattr(collector.settings, "path", "*")
    named = f"*/{path.rpartition('/')[2]}"
    return [each for each in files if fnmatch(f"/{each.name}", named)] or files


def _ranked(found: Iterable[Findings], wanted: str | None) -> list[Findings]:
    """Sort what was found, the best first; of those that fit alike the first one stays so."""
    listed = list(found)
    best = max((len(each.steps) for each in listed), default=0)

    def key(each: Findings) -> tuple[bool, ...]:
        return (
            not each.values,
            wanted is not None and wanted not in each.metrics,
            len(each.steps) < HALF * best,
            _is_lightgbm(each) != _reads_lightgbm(each),
            each.unnamed_steps > HALF * len(each.values),
            each.repeats > REPEATED * len(each.values),
        )

    return sorted(listed, key=key)


def _is_lightgbm(found: Findings) -> bool:
    """Whether metrics are called as LightGBM's are, whose lines look like XGBoost's."""
    return all("'s " in metric for metric in found.metrics)


def _reads_lightgbm(found: Findings) -> bool:
    return getattr(found.collector.settings, "preset", None) == Preset.LIGHTGBM
