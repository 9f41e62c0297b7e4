"""What each question means: words, parameters and the answer's schema, for the read API's page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from espalier.views import schemas
from espalier.views.curves import MOST_CURVES, MOST_POINTS
from espalier.views.query import MOST, USUAL_LIMIT
from espalier.views.schemas import Schema
from espalier.views.trials import SORTS, STATES


@dataclass(frozen=True, slots=True)
class QueryParameter:
    """What may stand behind the question mark.

    Parameters
    ----------
    name
        Its name.
    meaning
        What it does.
    schema
        What it may be.
    """

    name: str
    meaning: str
    schema: Schema


@dataclass(frozen=True, slots=True)
class Described:
    """What a question means.

    Parameters
    ----------
    summary
        What is answered.
    parameters
        What may be asked for besides.
    answer
        The answer's schema.
    """

    summary: str
    parameters: tuple[QueryParameter, ...] = ()
    answer: Schema | None = None


def number(name: str, meaning: str, *, default: int | None = None, most: int) -> QueryParameter:
    """Return a parameter that is a whole number."""
    schema = {"type": "integer", "minimum": 0, "maximum": most}
    return QueryParameter(name, meaning, schema | ({} if default is None else {"default": default}))


def choice(name: str, meaning: str, *words: str) -> QueryParameter:
    """Return a parameter that is one of several words, the first where none is given."""
    return QueryParameter(
        name, meaning, {"type": "string", "enum": list(words), "default": words[0]}
    )


def text(name: str, meaning: str) -> QueryParameter:
    """Return a parameter that is a text."""
    return QueryParameter(name, meaning, {"type": "string"})


PAGING = (
    number("limit", "How many items there are at most.", default=USUAL_LIMIT, most=MOST),
    number("continue", "Where to go on: what the page before said.", most=10**9),
)
UID = text("uid", "Uid of an older study of the same name.")
_MOST = number("most", "How many trials there are at most.", most=10_000)

DESCRIBED: Mapping[str, Described] = {
    "": Described("The study: where it stands, counts, best, savings.", (), schemas.STUDY),
    "spec": Described("The Study as it was run, as an object to apply.", (), schemas.SPEC),
    "trials": Described(
        "The trials, a row each: parameters, state, values, ending, costs.",
        (
            QueryParameter(
                "state",
                "Only trials in these states.",
                {"type": "array", "items": {"type": "string", "enum": list(STATES)}},
            ),
            choice("sort", "What they are sorted by; `value` is by rank.", *SORTS),
            choice("order", "Which way.", "ascending", "descending"),
            *PAGING,
        ),
        schemas.page_of(schemas.TRIAL),
    ),
    "trials/{number}": Described("One trial.", (), schemas.TRIAL),
    "trials/{number}/decisions": Described(
        "All decisions on a trial in order, the shadows' included, with what was compared.",
        PAGING,
        schemas.page_of(schemas.DECISION),
    ),
    "trials/{number}/values": Described(
        "What a trial has reported of one metric, value by value.",
        (text("metric", "Which one; the objective where none is named."), *PAGING),
        schemas.VALUES_OF_A_TRIAL,
    ),
    "trials/{number}/why": Described("Why a trial was pruned or kept, step by step, in words."),
    "trials/{number}/output": Described("What a trial's trainers have printed last."),
    "curves": Described(
        "The curves of the objective, thinned to what can be looked at.",
        (
            QueryParameter(
                "trial",
                "Numbers of the trials that are wanted.",
                {"type": "array", "items": {"type": "integer", "minimum": 0}},
            ),
            number("most", "How many curves there are at most.", default=MOST_CURVES, most=10_000),
            number("points", "How many points each has.", default=MOST_POINTS, most=2000),
        ),
        schemas.CURVES,
    ),
    "why": Described("When prunings came, by which rule, what survived, where the risk went."),
    "risk": Described("The risk that was stated, and what was spent of it."),
    "shadows": Described("What the shadows would have done, beside what was done."),
    "decisions": Described("The decisions of the study, newest first.", PAGING),
    "band": Described("The cut-off of the pruner at each step, as far as it is known."),
    "timeline": Described("When which trial held a slot, and how that ended.", (_MOST,)),
    "progress": Described("The best value so far, over time and over trials."),
    "configurations": Described("Parameters and results of the trials.", (_MOST,)),
    "importances": Described("Which parameters decide, where there are enough trials to tell."),
    "prunings": Described("The prunings, in order.", PAGING),
}
"""By the question's path. A question that has no line here is documented by its path alone."""
