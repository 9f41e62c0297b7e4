"""What `espalier recommend` found, in words that fit into 80 columns."""

from __future__ import annotations

import io
from collections.abc import Iterator

import yaml
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from espalier.backtest.candidate import resolved
from espalier.backtest.recommend.certainty import Sure, needed
from espalier.backtest.recommend.outcomes import CandidateResult
from espalier.backtest.recommend.pools import LISTS_IN_POOL
from espalier.backtest.recommend.recommendation import Advice, Recommendation
from espalier.backtest.recommend.records import RecordedStudy, Sample

SHOWN_ALIKE = 6
SHOWN_STUDIES = 6


def printed(found: Recommendation) -> Group:
    """Return what is printed, from top to bottom."""
    said: list[str | Table] = [*records(found), "", table(found), ""]
    for line in (verdict(found), *doubts(found)):
        said += [line, ""]
    shown: list[RenderableType] = [Text(x) if isinstance(x, str) else x for x in said]
    return Group(*shown, Text(pasted(found), end=""))


def records(found: Recommendation) -> Iterator[str]:
    """Say what was recorded, and how lists were drawn from it."""
    for study in found.studies[:SHOWN_STUDIES]:
        yield f"{study.name}: {_of_study(study)}"
    if len(found.studies) > SHOWN_STUDIES:
        yield f"and {len(found.studies) - SHOWN_STUDIES} more studies"
    # At a budget a list is a whole half: what is asked is how far it comes.
    most = found.setting.trials * (1 if found.aim.budget is None else LISTS_IN_POOL)
    lengths = sorted(min(most, len(study.curves) // 2) for study in found.studies)
    length = f"{lengths[0]}" if lengths[0] == lengths[-1] else f"{lengths[0]} to {lengths[-1]}"
    yield (
        f"{found.lists} lists{'' if len(found.studies) == 1 else ' of each'}, of at most {length} "
        f"trials, {_count(found.setting.workers, 'worker')}; {len(found.outcomes)} pruners and "
        "settings."
    )


def _of_study(study: RecordedStudy) -> str:
    whole = f"{len(study.curves)} whole curves of {study.curves.steps} steps"
    if study.sample is Sample.ALL:
        return f"{whole}."
    if study.sample is Sample.EXEMPT:
        return f"{whole}, of its exempt trials: a fair sample. {study.pruned} were pruned."
    return (
        f"{whole}; {study.pruned} trials were pruned and are not among them. BIASED: survivors "
        "are better than trials are, so a pruner saves less on them than it would, and loses "
        "other winners."
    )


def table(found: Recommendation) -> Table:
    """Lay out the default, the chosen one, and of each type the one that serves best."""
    shown = Table(box=None, header_style="bold", pad_edge=False)
    shown.add_column("", width=1)
    shown.add_column("pruner", overflow="fold")
    budget = found.aim.share
    headings = ("saved", "lost", "more than default")
    if budget is not None:
        headings = (f"regret at {budget:.0%}", "saved", "less than default")
    for heading in headings:
        shown.add_column(heading, justify="right")
    for outcome in best_of_each(found):
        mark = "→" if outcome is found.recommended else ""
        gain = outcome.gain_over(found.default, found.aim)
        if budget is None:
            cells = (_sure(outcome.sure_of("saved")), _sure(outcome.lost), _signed(gain))
        else:
            mean = -sum(outcome.scores(found.aim)) / len(outcome.units)
            cells = (f"{mean:.3f}", _sure(outcome.sure_of("saved")), _signed_number(gain))
        label = outcome.candidate.label + (" (default)" if outcome is found.default else "")
        shown.add_row(mark, label, *cells)
    return shown


def best_of_each(found: Recommendation) -> list[CandidateResult]:
    """Return the default, the chosen one, and of each type the best that is accepted.

    Of a type of which nothing is accepted it is the one that loses fewest.
    """
    aim = found.aim
    kept: dict[str, CandidateResult] = {}
    for each in found.outcomes:
        before = kept.get(each.candidate.type)
        if before is None or _merit(each, found) > _merit(before, found):
            kept[each.candidate.type] = each
    rest = [each for each in kept.values() if each not in (found.default, found.choice)]
    rest.sort(key=lambda each: -sum(each.scores(aim)))
    first = [found.default] if found.chosen == 0 else [found.default, found.choice]
    return [*first, *rest]


def _merit(outcome: CandidateResult, found: Recommendation) -> tuple[bool, float]:
    lost, accepted = outcome.lost.mean, found.aim.accepts(outcome.lost.mean)
    return accepted, sum(outcome.scores(found.aim)) if accepted else -lost


def verdict(found: Recommendation) -> str:
    """Say what to take, and what following such a choice comes to."""
    chosen, following = found.choice.candidate.label, found.following
    unseen = (
        "on the halves of the trials that it did not see"
        if len(found.studies) == 1
        else "on the study left out each time"
    )
    lost = (
        f" and loses {_percent(following.lost)}, the default {_percent(found.default.lost.mean)}"
        if found.aim.max_lost is not None
        else ""
    )
    gain = _more(following.gain, found)
    told = f"Chosen anew and measured {unseen}, such a choice comes to {gain}{lost}."
    if found.advice is Advice.TAKE:
        return f"Take {chosen}. {told}"
    if found.chosen == 0:
        return (
            f"Keep the default: nothing that you accept does better on these lists. {told}"
            f"{_default_loses(found)}"
        )
    return (
        f"Keep the default. On all lists {chosen} comes out first, and that is no reason to take "
        f"it: {told[0].lower()}{told[1:]}{_default_loses(found)}"
    )


def _default_loses(found: Recommendation) -> str:
    """Say where the default loses more than is accepted, and yet is kept."""
    if found.aim.accepts(found.default.lost.mean):
        return ""
    return (
        " The default loses more than you accept here, by its estimate; that a choice loses less "
        "is not shown."
    )


def doubts(found: Recommendation) -> Iterator[str]:
    """Say what these records cannot tell."""
    if found.aim.max_lost is not None:
        yield _of_winners(found, found.aim.max_lost)
    if found.alike:
        names = [each.candidate.label for each in found.alike]
        more = len(names) - SHOWN_ALIKE
        listed = "; ".join(names[:SHOWN_ALIKE]) + (f"; and {more} more" if more > 0 else "")
        yield f"Cannot be told from {found.recommended.candidate.label}: {listed}."
    if len(found.studies) == 1:
        yield (
            "Lists of one study share their trials and are no independent studies: another "
            "study may come out otherwise. Give several of the same kind."
        )


def _of_winners(found: Recommendation, most: float) -> str:
    wins = (
        f"The lists are won by {_count(found.different_winners, 'different trial')}, worth "
        f"{found.worth_winners:.1f} independent ones"
    )
    if not most:
        return f"{wins}; that none is ever lost no number of them can show."
    if found.recommended.lost.high <= most:
        return f"{wins}: enough to show that at most {_percent(most)} are lost."
    return (
        f"{wins}; to show that at most {_percent(most)} are lost takes {needed(most)}, none of "
        "them lost. So what is lost is an estimate."
    )


def pasted(found: Recommendation) -> str:
    """Return the part of a Study to paste: what is recommended, in steps."""
    pruner = found.recommended.candidate.pruner
    horizons = sorted({study.curves.steps for study in found.studies})
    text = io.StringIO()
    spec = {"spec": {"pruner": resolved(pruner, horizons[0])}}
    yaml.safe_dump(spec, text, sort_keys=False, default_flow_style=False)
    shares = [f"{name} is {value} of resource.max" for name, value in shares_of(pruner)]
    note = f"# {'; '.join(shares)}, here of {horizons[0]}\n" if shares else ""
    return note + text.getvalue()


def shares_of(setting: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Iterate over the settings that are shares of a trial's length, by name."""
    if isinstance(setting, dict):
        for key, value in setting.items():
            yield from shares_of(value, str(key))
    elif isinstance(setting, str) and setting.endswith("%"):
        yield name, setting


def _more(gain: Sure, found: Recommendation) -> str:
    if found.aim.budget is None:
        side = "more" if gain.mean >= 0 else "less"
        shown = _percent(abs(gain.mean))
        return f"{shown} {side} saved ({_percent(gain.low)} to {_percent(gain.high)})"
    side = "less" if gain.mean >= 0 else "more"
    return f"{abs(gain.mean):.3f} {side} regret ({gain.low:+.3f} to {gain.high:+.3f} less)"


def _sure(sure: Sure) -> str:
    low, high = max(0.0, sure.low), min(1.0, sure.high)
    return f"{_percent(sure.mean)} ({_percent(low)}-{_percent(high)})"


def _signed(gain: Sure) -> str:
    return f"{gain.mean:+z.0%} ({gain.low:+z.0%}, {gain.high:+z.0%})"


def _signed_number(gain: Sure) -> str:
    return f"{gain.mean:+.3f} ({gain.low:+.3f}, {gain.high:+.3f})"


def _percent(share: float) -> str:
    return f"{share:z.0%}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
