"""Each answer of the API server is turned into what is to be done next."""

import json

import pytest

from espalier.errors import RetryLater, SpecError
from espalier.kube.errors import Conflict, NotFound, NotServed, Refused, from_answer


def answer(code, *, reason="", message="said so", causes=(), retry_after=None, **details):
    details = {"causes": causes, **details}
    body = {"kind": "Status", "reason": reason, "message": message, "details": details}
    return from_answer("create /jobs", code, json.dumps(body).encode(), retry_after)


TREATMENTS = {
    "404 that names an object: it is gone": (answer(404, name="a", kind="jobs"), NotFound),
    "404 that names none: this is not served": (answer(404), NotServed),
    "409 AlreadyExists: it is there": (answer(409, reason="AlreadyExists"), Conflict),
    "409 Conflict: it is another one": (answer(409, reason="Conflict"), Conflict),
    "422: the object must be changed": (answer(422, reason="Invalid"), Refused),
    "403: the object or the role must be changed": (answer(403, reason="Forbidden"), Refused),
    "429: later": (answer(429), RetryLater),
    "500: later": (answer(500), RetryLater),
    "503: later": (answer(503), RetryLater),
    "401: later, since tokens are renewed": (answer(401), RetryLater),
}


@pytest.mark.parametrize("case", TREATMENTS, ids=list(TREATMENTS))
def test_an_answer_is_treated(case):
    error, kind = TREATMENTS[case]
    assert type(error) is kind
    assert "said so" in str(error)


def test_a_conflict_tells_whether_the_object_exists():
    assert answer(409, reason="AlreadyExists").exists
    assert not answer(409, reason="Conflict").exists


def test_a_refusal_is_the_users_to_mend_and_names_the_first_field():
    error = answer(422, causes=[{"field": "spec.template.spec.x", "message": "no"}])
    assert isinstance(error, SpecError)
    assert error.field == "spec.template.spec.x"


def test_a_terminating_namespace_is_told_from_a_missing_right():
    causes = [{"reason": "NamespaceTerminating"}]
    assert answer(403, causes=causes).namespace_terminating
    assert not answer(403).namespace_terminating


@pytest.mark.parametrize(
    ("header", "after"), [("7", 7.0), ("7000", 60.0), ("-1", 0.0), ("soon", 1.0), (None, 1.0)]
)
def test_the_time_to_wait_is_the_servers_within_reason(header, after):
    assert answer(429, retry_after=header).after == after


@pytest.mark.parametrize("code", [301, 403, 404, 409, 410, 422, 500])
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"message":{"a":1},"reason":[]}',
        b'{"details":"x"}',
        b'{"details":[]}',
        b'{"details":{"causes":5}}',
        b'{"details":{"causes":["x",null,{"field":7}],"name":[],"kind":{}}}',
    ],
)
def test_any_body_is_treated_and_never_an_error_of_ours(code, body):
    error = from_answer("get /x", code, body, "nan")
    assert isinstance(error, NotFound | Conflict | Refused | RetryLater)
    assert isinstance(str(error), str)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"x"', b"{}"])
def test_an_answer_that_is_no_status_is_treated_by_its_code(body):
    assert isinstance(from_answer("get /x", 502, body, None), RetryLater)
    assert isinstance(from_answer("get /x", 404, body, None), NotServed)


@pytest.mark.parametrize("code", [400, 403, 413, 422])
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"message": "no"}'])
def test_a_refusal_that_is_no_status_is_a_proxys_and_blames_nobody(code, body):
    assert isinstance(from_answer("create /x", code, body, None), RetryLater)


NOT_READY = (
    "trials.espalier.dev \"digits-0\" is forbidden: ValidatingAdmissionPolicy 'trial-accounts' "
    "denied request: failed to configure policy: failed to find resource referenced by paramKind: "
    "'espalier.dev/v1alpha1, Kind=Study'"
)


@pytest.mark.parametrize("code", [403, 422])
def test_a_policy_that_the_api_server_cannot_ask_yet_refuses_nothing_and_is_tried_again_soon(code):
    error = answer(code, reason="Invalid", message=NOT_READY)
    assert type(error) is RetryLater
    assert (error.after, error.within) == (2.0, 5.0)
    said = str(error)
    assert "ValidatingAdmissionPolicy 'trial-accounts' (failed to find resource" in said
    assert "forbidden" not in said
    assert "denied" not in said


def test_a_policy_that_was_asked_and_said_no_refuses():
    said = "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: failed to be polite"
    assert type(answer(422, message=said)) is Refused


def test_a_404_tells_about_one_object_alone():
    gone = answer(404, name="a", kind="studies", group="espalier.dev")
    assert gone.is_about("studies", "a")
    assert not gone.is_about("studies", "b")
    assert not gone.is_about("trials", "a")


def test_that_a_kind_is_not_served_is_no_absence():
    unserved = from_answer("patch /x", 404, b"404 page not found\n", None)
    assert isinstance(unserved, RetryLater)
    assert not isinstance(unserved, NotFound)
