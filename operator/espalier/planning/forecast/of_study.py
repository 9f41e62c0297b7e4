"""The facts by which the end of a study is forecast, taken of a look."""

from __future__ import annotations

import math
from itertools import islice

from espalier.planning.budgets.spending import Limit, Spending
from espalier.planning.costs.usage import used_until_now
from espalier.planning.finalists.repeating import missing
from espalier.planning.forecast.of_end import Course
from espalier.planning.standing.look import Look
from espalier.planning.standing.standing import Standing
from espalier.planning.world.chosen import is_chosen
from espalier.planning.world.exact import exact, nearest
from espalier.planning.world.observe import seconds
from espalier.planning.world.settings import OperatorSettings


def cohort(slots: int, begun: int) -> int:
    """Return how many of the trials that began last tell how long trials live."""
    return min(400, max(40, 6 * slots, begun // 2))


def recent_endings(slots: int, ends: int) -> int:
    """Return how many of the newest endings tell the present pace: some rounds of all slots."""
    return max(10, 4 * slots, ends // 4)


def course_of(look: Look, limit: int, settings: OperatorSettings, now: float) -> Course:
    """Take the facts of a study that goes on.

    Parameters
    ----------
    limit
        How many trials are sampled.
    """
    spec = look.blueprint.spec
    assert spec is not None
    slots = min(spec.trials.parallelism, settings.max_parallelism)
    running = {each.number: used_until_now(each).seconds for each in look.going_on if each.begun}
    newest = look.newest_ended(cohort(slots, len(look.tally) + len(running)))
    first = min((each.number for each in newest), default=-1)
    held = sum(map(exact, running.values()))
    return Course(
        now=now,
        start=seconds(look.snapshot.study.status.get("startTime")) or now,
        ended=[life for each in newest if (life := _held(each)) > 0.0],
        young=[age for number, age in running.items() if number >= first],
        old=[age for number, age in running.items() if number < first],
        held=nearest(look.tally.seconds + held),
        left=trials_left(look, limit),
        slots=slots,
        whole=_whole(look),
        recent=_recent(look, slots),
    )


def trials_left(look: Look, limit: int) -> int:
    """Return how many trials have not begun, repeats of finalists among them."""
    spec = look.blueprint.spec
    assert spec is not None
    waiting = sum(not each.begun for each in look.going_on)
    repeats = 0
    if spec.finalists is not None:
        chosen = is_chosen(look.snapshot.study)
        all_ = spec.finalists.count * spec.finalists.repeats
        repeats = sum(1 for _ in missing(look)) if chosen else all_
    return max(0, limit - look.below(limit)) + waiting + repeats


def allowed_until(spending: Spending) -> tuple[float, float]:
    """Return until when trials may start and until when they may run, at the present pace."""
    starts = [_until(spending, limit, limit.soft) for limit in spending.limits]
    runs = [_until(spending, limit, limit.hard) for limit in spending.limits]
    end = min(runs, default=math.inf)
    return min([end, *starts]), end


def _until(spending: Spending, limit: Limit, amount: float | None) -> float:
    if amount is not None and limit.used >= amount:
        return spending.at
    wait = limit.wait_for(amount)
    return math.inf if wait is None else spending.at + wait


def _held(standing: Standing) -> float:
    return standing.end.held if standing.end is not None else 0.0


def _whole(look: Look) -> float | None:
    """Return the seconds that a trial takes which runs to its end, as those that run tell."""
    spec = look.blueprint.spec
    paces = sorted(each.record.pace for each in look.going_on if each.record.pace)
    if spec is None or not paces:
        return None
    return paces[len(paces) // 2] * spec.resource.max


def _recent(look: Look, slots: int) -> tuple[int, float] | None:
    ends = look.tally.ends
    count = min(len(ends), recent_endings(slots, len(ends)))
    if count < 2:
        return None
    (since, _), *_rest = islice(ends.islice(len(ends) - count), 1)
    return count - 1, since
