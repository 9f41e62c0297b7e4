"""An earlier study out of the store, for one that takes over its trials."""

from __future__ import annotations

import asyncio
import math

from espalier.planning.proposing.source_curves import SourceCurves
from espalier.planning.proposing.taking_over import SourceStudy
from espalier.store import Store


async def read_source(
    store: Store, path: str, namespace: str, name: str, besides: str
) -> SourceStudy | None:
    """Return a study as it is now, None where there is none of this name.

    It may go on meanwhile: what ends later is not among its trials. `besides` is the uid of one
    that is not meant.

    Raises
    ------
    RetryLater
        If the store does not answer.
    """
    row = await store.named(namespace, name, besides)
    if row is None:
        return None
    head, made = await store.head(row), await store.made(row)
    proposals = await store.proposals(row)
    curves = SourceCurves(row.terms)
    async for page in store.arrivals(row):
        for _, trial, _, metric, step, value, *_ in page:
            curves.take(trial, metric, step, math.nan if value is None else value)
    parameters = {each.trial: each.parameters for each in proposals if each.parameters is not None}
    parameters |= {number: each.parameters for number, each in made.items()}
    ends = [(each.trial, each.end) for each in head.ends]
    # There may be thousands: other work goes on in between.
    trials, left_out = await asyncio.to_thread(curves.trials, ends, parameters)
    terms = row.terms
    return SourceStudy(
        path=path,
        kind="Study",
        name=name,
        uid=row.uid,
        metric=terms.metric,
        direction=terms.direction,
        horizon=terms.horizon,
        trials=trials,
        left_out=left_out,
    )
