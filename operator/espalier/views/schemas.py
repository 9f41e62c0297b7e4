"""What answers look like, as JSON Schema; tests hold real answers to it."""

from __future__ import annotations

from typing import Any

from espalier.views.trials import STATES

Schema = dict[str, Any]


def object_of(**fields: Schema) -> Schema:
    """Return the schema of an object with these fields; later versions may add others."""
    return {"type": "object", "properties": fields, "required": list(fields)}


def listed(item: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": item}


def or_null(schema: Schema) -> Schema:
    """Return the schema of something that there may be none of."""
    kind = schema.get("type")
    if isinstance(kind, str) and "enum" not in schema:
        return {**schema, "type": [kind, "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def page_of(item: Schema) -> Schema:
    """Return the schema of a page of a list."""
    return object_of(items=listed(item), total=COUNT, **{"continue": or_null(TEXT)})


def worded(schema: Schema, description: str) -> Schema:
    """Return a schema with words."""
    return {**schema, "description": description}


TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
INTEGER: Schema = {"type": "integer"}
COUNT: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
TIME: Schema = {"type": "string", "format": "date-time"}
ANY_OBJECT: Schema = {"type": "object"}
STATE: Schema = {"type": "string", "enum": list(STATES)}
PARAMETERS = worded(ANY_OBJECT, "Parameters by name.")

STUDY = object_of(
    namespace=TEXT,
    name=TEXT,
    uid=TEXT,
    deleted=worded(FLAG, "Whether the Study is gone; what is stored of it stays for a while."),
    state=worded(or_null(TEXT), "The study in one word, as its status has it."),
    createdAt=or_null(TIME),
    objective=object_of(metric=TEXT, direction=TEXT, target=or_null(NUMBER)),
    resource=ANY_OBJECT,
    parameters=listed(TEXT),
    sampler=TEXT,
    trials=ANY_OBJECT,
    suspend=FLAG,
    counts=worded(object_of(**{state.lower(): COUNT for state in STATES}), "Trials by state."),
    best=or_null(ANY_OBJECT),
    gpuSeconds=worded(or_null(ANY_OBJECT), "Used, and saved with its band."),
    trialSeconds=or_null(ANY_OBJECT),
    steps=or_null(ANY_OBJECT),
    conditions=or_null(listed(ANY_OBJECT)),
    degraded=worded(or_null(TEXT), "What is in the way."),
    seq=worded(COUNT, "The place in the order of arrivals up to which values are known."),
)
LISTED = object_of(
    namespace=TEXT,
    name=TEXT,
    uid=TEXT,
    deleted=FLAG,
    createdAt=or_null(TIME),
    objective=or_null(ANY_OBJECT),
    trials=worded(or_null(COUNT), "How many there are to be."),
    suspend=FLAG,
    state=or_null(TEXT),
    degraded=or_null(TEXT),
    counts=or_null(ANY_OBJECT),
    best=or_null(ANY_OBJECT),
    gpuSeconds=or_null(ANY_OBJECT),
    trialSeconds=or_null(ANY_OBJECT),
    steps=or_null(ANY_OBJECT),
)
TRIAL = object_of(
    number=COUNT,
    name=worded(or_null(TEXT), "The Trial object's."),
    state=STATE,
    reason=or_null(TEXT),
    message=or_null(TEXT),
    origin=or_null(TEXT),
    proposedBy=or_null(TEXT),
    parameters=or_null(PARAMETERS),
    step=or_null(INTEGER),
    latest=worded(or_null(NUMBER), "The value of the highest step; null where it diverged."),
    diverged=FLAG,
    best=or_null(NUMBER),
    bestStep=or_null(INTEGER),
    rank=worded(or_null(COUNT), "By the latest value, 1 is best."),
    exempt=FLAG,
    protected=FLAG,
    attempt=COUNT,
    createdAt=or_null(TIME),
    startedAt=or_null(TIME),
    endedAt=or_null(TIME),
    gpuSeconds=NUMBER,
    trialSeconds=NUMBER,
    pruned=or_null(object_of(step=INTEGER, reason=TEXT, sentence=TEXT, at=or_null(TIME))),
)
DECISION = object_of(
    seq=COUNT,
    at=or_null(TIME),
    trial=COUNT,
    attempt=COUNT,
    step=INTEGER,
    action=TEXT,
    reason=TEXT,
    sentence=worded(TEXT, "The decision with its numbers, for people."),
    meaning=TEXT,
    rung=or_null(INTEGER),
    bracket=or_null(INTEGER),
    pruner=TEXT,
    settings=ANY_OBJECT,
    evidence=worded(ANY_OBJECT, "The numbers that were compared."),
    shadow=worded(or_null(TEXT), "The shadow that would have decided so; null: it was done."),
)
VALUE = object_of(attempt=COUNT, step=INTEGER, value=or_null(NUMBER), at=or_null(TIME))
VALUES_OF_A_TRIAL = page_of(VALUE)
VALUES_OF_A_TRIAL["properties"] |= {"number": COUNT, "metric": TEXT, "metrics": listed(TEXT)}
CURVE = object_of(
    number=COUNT,
    state=STATE,
    rank=or_null(COUNT),
    steps=listed(INTEGER),
    values=listed(or_null(NUMBER)),
    prunedAt=worded(or_null(INTEGER), "The step at which it was pruned."),
)
CURVES = object_of(
    metric=TEXT,
    direction=TEXT,
    horizon=or_null(INTEGER),
    trials=listed(CURVE),
    leftOut=worded(COUNT, "How many curves are not shown."),
    best=or_null(COUNT),
)
SPEC = object_of(apiVersion=TEXT, kind=TEXT, metadata=ANY_OBJECT, spec=ANY_OBJECT)
ERROR = object_of(
    error=object_of(
        code=worded(TEXT, "For programs; out of a closed list."),
        message=worded(TEXT, "For people: what was expected, what came, what to do."),
    )
)
