"""Requests to localhost go past a proxy that the template names, unless it says what does."""

import urllib.request

import pytest

from espalier.planning.workload.building import build_workload
from tests.planning.worlds import SETTINGS, study, trial

PROXY = "http://proxy.invalid:3128"


def environment(**container):
    """Return the last value of each variable of the trainer, as the kubelet sets it."""
    trainer = {"name": "trainer", "image": "x", **container}
    job = build_workload(study(template={"spec": {"containers": [trainer]}}), trial(0), 0, SETTINGS)
    env = job["spec"]["template"]["spec"]["containers"][0]["env"]
    return {variable["name"]: variable.get("value") for variable in env}


def variables(**values):
    return [{"name": name, "value": value} for name, value in values.items()]


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"])
def test_a_report_goes_past_the_proxy(name, monkeypatch):
    env = environment(env=variables(**{name: PROXY}))
    for variable in ("NO_PROXY", "no_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in env.items():
        monkeypatch.setenv(variable, value)
    assert env[name] == PROXY
    for host in ("localhost:9321", "127.0.0.1:9321"):
        assert urllib.request.proxy_bypass(host)
    assert not urllib.request.proxy_bypass("example.invalid")


@pytest.mark.parametrize(
    "container",
    [
        pytest.param({"env": variables(HTTP_PROXY=PROXY, NO_PROXY="corp")}, id="NO_PROXY"),
        pytest.param({"env": variables(http_proxy=PROXY, no_proxy="")}, id="an empty no_proxy"),
        pytest.param(
            {
                "env": variables(HTTP_PROXY=PROXY),
                "envFrom": [{"configMapRef": {"name": "proxies"}}],
            },
            id="a ConfigMap, which may say it",
        ),
        pytest.param({"env": variables(OTHER="x")}, id="no proxy"),
        pytest.param({}, id="nothing"),
    ],
)
def test_what_the_user_has_said_of_proxies_is_kept(container):
    env = environment(**container)
    given = {variable["name"]: variable["value"] for variable in container.get("env", [])}
    assert {n: v for n, v in env.items() if "proxy" in n.lower()} == {
        n: v for n, v in given.items() if "proxy" in n.lower()
    }
