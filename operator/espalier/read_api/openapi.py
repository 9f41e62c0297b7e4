"""The read API as an OpenAPI document: what can be asked, and what is answered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from espalier.read_api.callers import HEADER
from espalier.views import schemas
from espalier.views.described import DESCRIBED, PAGING, UID, Described, QueryParameter, choice, text
from espalier.views.questions import QUESTIONS

Document = dict[str, Any]
STUDY = "/v1/namespaces/{namespace}/studies/{name}"
_REFUSALS = {
    "400": "The question asks for what there cannot be.",
    "401": "Nobody vouches for who asks.",
    "403": "Who asks may not `get` the Study, or `list` Studies there.",
    "404": "There is no such question, nothing is stored of such a study, or of such a trial.",
    "429": "Too much at once; `Retry-After` says when.",
    "503": "The store or the API server does not answer now; `Retry-After` says when.",
}
_EVENT = (
    "Server-sent events. An event `change` comes at once, and whenever something of the study is "
    "new: `data` is `{revision, resourceVersion}`, and `Last-Event-ID` takes up where a stream "
    "ended. `end` comes when the right to see the study is gone. Lines that begin with a colon are "
    "signs of life."
)
_LOG = (
    "The whole log of the study as JSON lines, as `espalier export` writes it. A stream that "
    "breaks off is not ended in order, and no log."
)


def document(version: str) -> Document:
    """Return the OpenAPI document.

    Parameters
    ----------
    version
        Espalier's.
    """
    list_of = Described(
        "The studies that you may list, a short row each.",
        (
            text("namespace", "Only those of one namespace."),
            choice("deleted", "`true`: also those whose Study is gone.", "false", "true"),
            *PAGING,
        ),
        schemas.page_of(schemas.LISTED),
    )
    questions = {path: DESCRIBED.get(path, Described(f"Answers `{path}`.")) for path in QUESTIONS}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Espalier's read API",
            "version": version,
            "description": "What is known of studies, for whoever may `get` them. Fields are added "
            "under `/v1`; none is taken away or changes its meaning.",
        },
        "paths": {
            "/v1/studies": _get(list_of, ()),
            **{
                f"{STUDY}/{path}".rstrip("/"): _get(found, _path_of(path), (UID,))
                for path, found in questions.items()
            },
            f"{STUDY}/log": _stream("The log, as a stream.", _LOG, "application/x-ndjson"),
            f"{STUDY}/events": _stream("Changes, as they come.", _EVENT, "text/event-stream"),
        },
        "components": {
            "schemas": {"Error": schemas.ERROR},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of the cluster's.",
                },
                "tokenThroughTheProxy": {
                    "type": "apiKey",
                    "in": "header",
                    "name": HEADER,
                    "description": "`Bearer` and the token, where the API server's proxy is "
                    "between: it keeps `Authorization` to itself.",
                },
            },
        },
        "security": [{"token": []}, {"tokenThroughTheProxy": []}],
    }


def _path_of(question: str) -> tuple[QueryParameter, ...]:
    of_study = (
        text("namespace", "The study's namespace."),
        text("name", "The study's name."),
    )
    if "{number}" not in question:
        return of_study
    return (*of_study, QueryParameter("number", "The trial's number.", schemas.COUNT))


def _get(
    found: Described, in_path: Iterable[QueryParameter], more: Iterable[QueryParameter] = ()
) -> Document:
    answer = {"application/json": {"schema": found.answer or schemas.ANY_OBJECT}}
    given = [_parameter(each, "path") for each in in_path]
    given += [_parameter(each, "query") for each in (*found.parameters, *more)]
    given.append(
        {
            "name": "If-None-Match",
            "in": "header",
            "description": "The `ETag` of an answer: 304 as long as it is the same.",
            "schema": schemas.TEXT,
        }
    )
    return {
        "get": {
            "summary": found.summary,
            "parameters": given,
            "responses": {
                "200": {
                    "description": "The answer.",
                    "headers": {"ETag": {"schema": schemas.TEXT}},
                    "content": answer,
                },
                "304": {"description": "It is what `If-None-Match` names."},
                **_refusals(),
            },
        }
    }


def _stream(summary: str, description: str, kind: str) -> Document:
    given = [_parameter(each, "path") for each in _path_of("")] + [_parameter(UID, "query")]
    answer = {"description": description, "content": {kind: {"schema": schemas.TEXT}}}
    return {
        "get": {
            "summary": summary,
            "description": description,
            "parameters": given,
            "responses": {"200": answer, **_refusals()},
        }
    }


def _parameter(parameter: QueryParameter, place: str) -> Document:
    return {
        "name": parameter.name,
        "in": place,
        "description": parameter.meaning,
        "schema": parameter.schema,
        **({"required": True} if place == "path" else {}),
    }


def _refusals() -> Document:
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {status: {"description": said, "content": error} for status, said in _REFUSALS.items()}
