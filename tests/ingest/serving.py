"""A real ingest server on loopback: TLS, store, judge; only the API server's answers are given."""

from __future__ import annotations

import base64
import datetime
import json
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from espalier.api import Study, parse_study
from espalier.engine.reports.limits import ValueLimits
from espalier.engine.reports.open_studies import OpenStudies
from espalier.engine.reports.submission import Binding
from espalier.ingest import (
    Authority,
    Ingest,
    Keys,
    Limits,
    Reviews,
    Tokens,
    issue_leaf,
    make_authority,
    server_context,
)
from espalier.ingest.identity import POD_NAME
from espalier.store import Store, open_store

AUDIENCE = "espalier-ingest"
UID = "6f9619ff-8b86-d011-b42d-00cf4fc964ff"
HOST = "127.0.0.1"


def study_of(
    pruner: dict[str, Any] | None = None, *, uid: str = UID, name: str = "digits", **spec: Any
) -> Study:
    """Return a Study with val_accuracy to maximise over 27 epochs."""
    return parse_study(
        {
            "apiVersion": "espalier.dev/v1alpha1",
            "kind": "Study",
            "metadata": {"name": name, "namespace": "research", "uid": uid},
            "spec": {
                "objective": {"metric": "val_accuracy", "direction": "Maximize"},
                "resource": {"name": "epoch", "max": 27},
                "parameters": [{"name": "lr", "float": {"min": 0.1, "max": 1.0}}],
                "trials": {"max": 100},
                "pruner": pruner or {"type": "Median", "median": {"startupTrials": 1}},
                "template": {"spec": {"containers": [{"name": "trainer", "image": "x"}]}},
                **spec,
            },
        }
    )


def token_of(
    pod: str,
    *,
    audience: str = AUDIENCE,
    expires: float | None = None,
    namespace: str = "research",
) -> str:
    """Return something that looks like a projected token of a pod's."""
    bound = {"kubernetes.io": {"pod": {"name": pod, "uid": f"uid-{pod}"}}}
    claims = (
        {"pod": pod, "namespace": namespace, "aud": [audience]}
        | bound
        | ({} if expires is None else {"exp": expires})
    )
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.c2lnbmF0dXJl"


def status_of(token: str) -> dict[str, Any]:
    """Return what an API server would say of a token that `token_of` made."""
    payload = token.split(".")[1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except ValueError:
        return {"authenticated": False, "error": "invalid bearer token"}
    if "pod" not in claims:  # none of `token_of`'s
        return {"authenticated": False, "error": "invalid bearer token"}
    if AUDIENCE not in claims["aud"]:
        return {"authenticated": False, "error": "token audiences do not match"}
    extra = {
        "authentication.kubernetes.io/pod-uid": [f"uid-{claims['pod']}"],
        "authentication.kubernetes.io/pod-name": [claims["pod"]],
    }
    user = {"username": f"system:serviceaccount:{claims['namespace']}:default", "extra": extra}
    return {"authenticated": True, "audiences": [AUDIENCE], "user": user}


@dataclass
class ApiServer:
    """Answers TokenReviews and looks pods up; can be taken away."""

    error: Exception | None = None
    reviewed: list[str] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)
    pods: dict[str, Binding | Exception] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    async def review(self, token: str, _urgent: bool) -> Mapping[str, Any]:
        self.reviewed.append(token)
        if self.error is not None:
            raise self.error
        status = status_of(token)
        pods = status["user"]["extra"][POD_NAME] if status["authenticated"] else []
        return {"authenticated": False} if self.gone & set(pods) else status

    async def resolve(self, _namespace: str, pod_name: str, _uid: str) -> Binding | None:
        self.looked_up.append(pod_name)
        if self.error is not None:
            raise self.error
        found = self.pods.get(pod_name)
        if isinstance(found, Exception):
            raise found
        return found


def binding_of(pod: str, number: int, attempt: int = 1, *, uid: str = UID) -> Binding:
    """Return the binding of a pod to a trial of a study that is called digits."""
    return Binding(f"uid-{pod}", "research", pod, uid, f"digits-{number}", number, attempt)


@dataclass
class Serving:
    """A running server and everything behind it."""

    url: str
    port: int
    store: Store
    live: OpenStudies
    ingest: Ingest
    api: ApiServer
    authority: Authority
    http: aiohttp.ClientSession
    trust: ssl.SSLContext
    pruned: list[tuple[str, int]]

    async def post(
        self,
        body: Any,
        *,
        pod: str | None = "pod-7",
        headers: Mapping[str, str] | None = None,
        place: str = "/v1/report",
    ) -> tuple[int, dict[str, Any], Mapping[str, str]]:
        """Post bytes, or anything as JSON; return status, body and headers of the answer."""
        url = self.url.replace("/v1/report", place)
        sent = {"Content-Type": "application/json"}
        if pod is not None:
            sent["Authorization"] = f"Bearer {token_of(pod)}"
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.http.post(url, data=data, headers=sent | dict(headers or {})) as got:
            return got.status, await got.json(), got.headers

    async def stored(self, uid: str = UID) -> list[tuple[int, str, int, float]]:
        """Return the stored values of a study in the order of arrival."""
        for row in await self.store.studies():
            if row.uid == uid:
                log = await self.store.log(row)
                return [(o.trial, o.metric, o.step, o.value) for o in log.observations]
        return []


def batch(trial: str, *values: tuple[int, float], metric: str = "val_accuracy") -> dict[str, Any]:
    """Return a post's body."""
    reports = [{"metric": metric, "step": step, "value": value} for step, value in values]
    return {"trial": f"research/{trial}", "reports": reports, "final": False}


@asynccontextmanager
async def serving(
    folder: Path,
    *,
    study: Study | None = None,
    limits: Limits | None = None,
    observe: Any = None,
    keys: Keys | None = None,
    values: ValueLimits | None = None,
    foreign: Callable[[str], str | None] | None = None,
) -> AsyncIterator[Serving]:
    """Serve with one open study, digits, and one bound pod, pod-7, of trial digits-7."""
    store = await open_store(f"sqlite:///{folder}/espalier.db", observe)
    pruned: list[tuple[str, int]] = []
    live = OpenStudies(
        store, lambda uid, number: pruned.append((uid, number)), observe=observe, limits=values
    )
    await live.open(study or study_of())
    live.bind(binding_of("pod-7", 7))
    api = ApiServer()
    reviews = Reviews(api.review, AUDIENCE, limits, observe and observe.token_reviewed)
    checked = observe and observe.token_checked
    tokens = Tokens(keys, reviews, AUDIENCE, limits, observe=checked)
    ingest = Ingest(live, tokens, api.resolve, limits, observe, foreign)
    authority = make_authority(datetime.datetime.now(datetime.UTC))
    leaf = issue_leaf(authority, [HOST, "localhost"], datetime.datetime.now(datetime.UTC))
    port = await ingest.start(HOST, 0, server_context(*leaf))
    trust = ssl.create_default_context(cadata=authority.certificate_pem.decode())
    connector = aiohttp.TCPConnector(ssl=trust, limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        url = f"https://{HOST}:{port}/v1/report"
        yield Serving(url, port, store, live, ingest, api, authority, http, trust, pruned)
    await ingest.stop(grace_seconds=5)
    await store.close()
