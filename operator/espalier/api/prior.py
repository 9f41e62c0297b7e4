"""What a Study's pruner begins with of earlier studies."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from espalier.api.base import Model
from espalier.api.warm_start import MOST_STUDIES, EarlierStudySpec


class PriorSpec(Model):
    """Earlier studies of the same task: their trials stand in for those that are yet to come.

    Their curves are read once, before the first trial. A study whose trials are not like this one's
    is dropped as soon as that shows.
    """

    studies: Annotated[tuple[EarlierStudySpec, ...], Field(min_length=1, max_length=MOST_STUDIES)]
    """Earlier studies with the same objective, direction and resource.max; the newest ten that
    have such trials count."""
