"""What is said of the finalists: while they are run again, and of what has come of it."""

from __future__ import annotations

from collections.abc import Sequence

from espalier.planning.finalists.results import Finalist, named_by
from espalier.planning.standing.look import Look
from espalier.planning.world.chosen import planned
from espalier.pruning import Direction


def progress(look: Look, finalists: Sequence[Finalist]) -> str:
    """Say how many of the repeats have ended."""
    spec = look.blueprint.spec
    assert spec is not None
    assert spec.finalists is not None
    count = len(finalists) * spec.finalists.repeats
    ended = sum(number in look.tally for number in planned(look.snapshot.study))
    numbers = _listed([str(each.number) for each in finalists])
    trials = "Trial" if len(finalists) == 1 else "Trials"
    runs = "runs" if len(finalists) == 1 else "run"
    return f"{trials} {numbers} {runs} again with other seeds: repeats {ended} of {count} ended."


def outcome(finalists: Sequence[Finalist], direction: Direction) -> str:
    """Say which finalist is best by its repeats, and which of the others may be as good.

    Parameters
    ----------
    finalists
        The one that led before the repeats first.
    direction
        Which way the metric is better.
    """
    if not finalists:
        return ""
    led, best = finalists[0], named_by(finalists, direction)
    if best is None:
        return f"No repeat of a finalist has completed: trial {led.number} stays the best."
    if led is best:
        said = f"{_by(best)}, trial {led.number}, which led with {_own(led)}, is best: {_mean(led)}"
    else:
        said = (
            f"{_by(best)}, trial {best.number} is best: {_mean(best)}; trial {led.number}, which "
            f"led with {_own(led)}, has {_mean(led)}"
        )
    return " ".join(filter(None, (f"{said}.", _doubts(finalists, best), _alike(finalists))))


def _by(best: Finalist) -> str:
    count, failed = len(best.repeated.values), best.repeated.failed
    return f"By {count} repeat{'' if count == 1 else 's'}{f' ({failed} failed)' if failed else ''}"


def _doubts(finalists: Sequence[Finalist], best: Finalist) -> str:
    """Say of which finalists the best one cannot be told apart."""
    if len(best.repeated.values) < 2:
        return "So few repeats do not tell how sure that is."
    others = [each for each in finalists if each is not best and each.repeated.values]
    like = [str(each.number) for each in others if not each.told_apart]
    if not like:
        return ""
    noun = "trial" if len(like) == 1 else "trials"
    return f"Beyond the noise it cannot be told apart from {noun} {_listed(like)}."


def _alike(finalists: Sequence[Finalist]) -> str:
    """Ask for the seed where repeats have repeated nothing but the value."""
    told = [values for each in finalists if len(values := each.repeated.values) > 1]
    if not told or any(len(set(values)) > 1 for values in told):
        return ""
    return "The repeats of each trial are all alike: does the trainer use ESPALIER_SEED?"


def _mean(finalist: Finalist) -> str:
    mean, interval = finalist.repeated.mean, finalist.repeated.interval
    if mean is None:
        return "no repeat that completed"
    if interval is None:
        return f"{mean:.6g} (1 repeat, no interval)"
    return f"{mean:.6g} [{interval[0]:.6g}, {interval[1]:.6g}]"


def _own(finalist: Finalist) -> str:
    return "no finite value" if finalist.value is None else f"{finalist.value:.6g}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
