"""A pod that posts what it must not: a clear refusal, nothing stored, nobody else slowed.

The tokens are real ones of a real pod of a running study, asked for by TokenRequest.
"""

import http.client
import json
import ssl

import pytest

from tests.e2e.studies import replay_study
from tests.e2e.world import SYSTEM, World, wait_for
from tests.patience import PATIENCE

NAMESPACE = "hostile"
REPLAYED = range(1, 82)
"""The steps of a recorded curve: what the trainers themselves report."""
TOKENS: dict[tuple[str, str], str] = {}


@pytest.fixture(scope="module")
def running(world: World):
    """A study with two long trials; returns their pods."""
    with world.namespace(NAMESPACE) as namespace:
        study = replay_study(
            "victim",
            namespace,
            trials=2,
            parallelism=2,
            steps=1000,
            step_seconds=4,
            options=("--stay",),
        )
        world.apply(study)
        pods = wait_for(
            "two running pods",
            lambda: (
                found
                if len(
                    found := world.get(
                        "pods", namespace, None, "--field-selector=status.phase=Running"
                    )
                )
                == 2
                else None
            ),
        )
        wait_for("a first stored value", lambda: stored(world))
        yield sorted(pods, key=lambda pod: pod["metadata"]["labels"]["espalier.dev/trial"])


def stored(world: World) -> set[tuple[int, int, str, float | None]]:
    """Return the stored values whose step no replaying trainer ever reports."""
    return {
        (row["trial"], row["step"], row["metric"], row["value"])
        for row in world.log_of(NAMESPACE, "victim")
        if row["kind"] == "observation"
    }


def token(world: World, pod, audience: str = "espalier-ingest") -> str:
    """Ask the API server for a token of a pod, once as the kubelet does: many are refused."""
    key = pod["metadata"]["uid"], audience
    if key not in TOKENS:
        TOKENS[key] = new_token(world, pod, audience)
    return TOKENS[key]


def new_token(world: World, pod, audience: str) -> str:
    request = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {
            "audiences": [audience],
            "expirationSeconds": 600,
            "boundObjectRef": {
                "apiVersion": "v1",
                "kind": "Pod",
                "name": pod["metadata"]["name"],
                "uid": pod["metadata"]["uid"],
            },
        },
    }
    account = pod["spec"].get("serviceAccountName", "default")
    path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{account}/token"
    out = world.run("create", "--raw", path, "-f", "-", stdin=json.dumps(request))
    return str(json.loads(out)["status"]["token"])


@pytest.fixture(scope="module")
def post(world, running):
    """Post a body to the operator's service as a pod would; returns status and answer."""
    address = world.get("service", SYSTEM, "espalier")["spec"]["clusterIP"]
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE

    def send(body: bytes, bearer: str | None) -> tuple[int, dict]:
        connection = http.client.HTTPSConnection(address, 8443, context=context, timeout=PATIENCE)
        headers = {"Content-Type": "application/json"}
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer}"
        connection.request("POST", "/v1/report", body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")

    return send


def report(trial: str, *reports: str) -> bytes:
    """A report's body with raw JSON in it, so that it can be wrong in any way."""
    return f'{{"trial": "{NAMESPACE}/{trial}", "reports": [{", ".join(reports)}]}}'.encode()


def one(step: str = "5000", value: str = "0.5", metric: str = "nll") -> str:
    return f'{{"metric": "{metric}", "step": {step}, "value": {value}}}'


BAD = {
    "NaN": (report("victim-0", one(value="NaN")), {400, 422}),
    "infinity": (report("victim-0", one(value="Infinity")), {400, 422}),
    "1e400": (report("victim-0", one(value="1e400")), {400, 422}),
    "a string for a value": (report("victim-0", one(value='"0.5"')), {400, 422}),
    "a negative step": (report("victim-0", one(step="-1")), {400, 422}),
    "a step of 2^63": (report("victim-0", one(step=str(2**63))), {400, 422}),
    "10 MB": (report("victim-0", one()) + b" " * 10_000_000, {413}),
    "a million steps in one post": (
        report("victim-0", *[one(step=str(step)) for step in range(5000, 10_000)]),
        {413, 422},
    ),
    "not JSON": (b"{", {400}),
    "nested a thousand deep": (b"[" * 1000, {400}),
    "another trial": (report("victim-1", one()), {403}),
    "a trial that does not exist": (report("nobody-0", one()), {403}),
}


@pytest.mark.parametrize("case", BAD, ids=list(BAD))
def test_a_bad_report_is_refused_with_a_reason_and_nothing_is_stored(case, world, running, post):
    body, statuses = BAD[case]
    status, answer = post(body, token(world, running[0]))
    assert status in statuses, answer
    assert answer["error"]["code"]
    assert len(answer["error"]["message"]) > 20, "says what was expected and what to do"
    beyond = {row for row in stored(world) if row[0] == 0 and row[1] not in REPLAYED}
    assert beyond == set(), "nothing that the trainer did not report is stored"


def test_a_post_without_a_token_is_refused(running, post):
    status, answer = post(report("victim-0", one()), None)
    assert status == 401, answer


def test_a_made_up_token_is_refused(running, post):
    status, answer = post(report("victim-0", one()), "not.a.token")
    assert status == 401, answer


def test_a_token_for_another_audience_is_refused(world, running, post):
    status, answer = post(report("victim-0", one()), token(world, running[0], "somebody-else"))
    assert status == 401, answer


def test_a_repeated_step_with_another_value_is_refused_and_the_first_stays(world, running, post):
    bearer = token(world, running[0])
    assert post(report("victim-0", one("999", "0.25")), bearer)[0] == 200
    assert post(report("victim-0", one("999", "0.25")), bearer)[0] == 200, "a repeat is nothing"
    status, answer = post(report("victim-0", one("999", "0.75")), bearer)
    assert status == 409, answer
    assert [row[3] for row in stored(world) if row[:2] == (0, 999)] == [0.25]


def test_the_other_trial_goes_on_reporting_through_all_of_this(world, running):
    def latest() -> int:
        return max((row[1] for row in stored(world) if row[0] == 1 and row[1] < 999), default=0)

    before = latest()
    wait_for("a newer value of the other trial", lambda: latest() > before)


def test_a_pod_that_shows_ever_new_tokens_slows_itself_down_alone(world, running, post):
    statuses = []
    for step in range(2000, 2030):
        bearer = new_token(world, running[0], "espalier-ingest")
        statuses.append(post(report("victim-0", one(str(step))), bearer)[0])
    assert statuses[0] in (200, 429)
    assert statuses[-1] == 429, "thirty tokens are more than a pod has use for"
    other = token(world, running[1])
    assert post(report("victim-1", one("2000")), other)[0] == 200
