"""What MLflow's client talks to: the values are taken, and the rest is answered or passed on."""

from __future__ import annotations

import json
import os
import re
import threading
from typing import Any
from urllib.parse import parse_qsl

from espalier_sidecar.collectors.base import Collected, Context, Health
from espalier_sidecar.collectors.call import Call
from espalier_sidecar.collectors.mlflow import PREFIX, MLflowClient
from espalier_sidecar.collectors.mlflow_alone import ENDED, Alone, run_of
from espalier_sidecar.collectors.mlflow_bodies import Member
from espalier_sidecar.collectors.mlflow_forward import Forward
from espalier_sidecar.collectors.mlflow_tap import MOST_EARLY, TAPPED, Tap
from espalier_sidecar.collectors.mlflow_upstream import Address, Upstream
from espalier_sidecar.collectors.mlflow_values import Values
from espalier_sidecar.collectors.request_body import Unfinished, pieces_of
from espalier_sidecar.errors import SpoolFull
from espalier_sidecar.log import log_line, log_line_limited
from espalier_sidecar.report import Report
from espalier_sidecar.text import clip

_API = re.compile(r"/(?:ajax-)?api/[0-9.]+/(?:preview/)?mlflow/(.*)")
_MOST_FIELDS = 100


class MLflowServer:
    """Answers MLflow's client, and takes what it logs.

    Nothing that is logged is ever refused: the client would wait for minutes, and then raise into
    the training loop.

    Parameters
    ----------
    context
        What every collector is made with.
    client
        What is taken, and whom all of it is for.

    Attributes
    ----------
    early
        Room for members of bodies that come before their run.
    """

    prefix = PREFIX

    def __init__(self, context: Context, client: MLflowClient) -> None:
        self._keep = context.keep
        self._positions = context.positions
        self._lock = threading.Lock()
        self.early = threading.Semaphore(MOST_EARLY)
        self._values = Values(context.translation, context.parameters, client.system_metrics)
        self._values.resume(context.positions.state(PREFIX))
        self._changed = True
        self._alone = Alone()
        self._forward: Forward | None = None
        self._fault = ""
        uri = client.tracking_uri or os.environ.get("MLFLOW_TRACKING_URI")
        if uri:
            try:
                upstream = Upstream(uri, os.environ)
                if not _is_own(upstream.address, os.environ.get("ESPALIER_PORT")):
                    self._forward = Forward(upstream)
            except (ValueError, OSError) as error:
                # The trainer goes on, and so does the study: only the team's server has nothing.
                self._fault = f"nothing is forwarded to the tracking server: {error}"
                log_line(self._fault)

    def serve(self, call: Call) -> None:
        """Answer a request, whatever it is, or pass it on."""
        path, _, query = call.path[len(PREFIX) :].partition("?")
        found = _API.fullmatch(path)
        route = found[1] if found else ""
        tap = Tap(route, self)
        if self._forward is None:
            self._answer(call, path, query, tap)
            return
        body = pieces_of(call)
        self._forward.pass_on(
            call, call.path[len(PREFIX) :] or "/", tap.through(body) if route in TAPPED else body
        )
        self._after(route, tap.fields)

    def _answer(self, call: Call, path: str, query: str, tap: Tap) -> None:
        try:
            for _ in tap.through(pieces_of(call)):
                pass
        except (Unfinished, OSError):
            call.close_connection = True
            return
        try:
            asked = dict(parse_qsl(query, max_num_fields=_MOST_FIELDS))
        except ValueError:
            asked = {}
        tags = [member.value for member in tap.early if member.name == "tags"]
        fields = {**asked, **tap.fields, "tags": tags}
        try:
            with self._lock:
                status, body = self._alone.answer(call.command, tap.route or path, fields)
            self._after(tap.route, fields)
        except Exception as error:
            # Ours: without an answer the client would wait for minutes, and raise.
            self.bad(f"{call.command} {clip(path)} met a fault of the sidecar: {error!r}")
            status, body = 200, {}
        if status == 404:
            log_line_limited("mlflow routes", body["message"])
        call.answer(status, json.dumps(body))

    def take(self, run: str, member: Member) -> None:
        """Take a metric, a parameter or a tag of a run."""
        try:
            self._take(run, member)
        except Exception as error:
            # Ours: the request, and the team's server, must not suffer by it.
            self.bad(f"{clip(member.name)} met a fault of the sidecar: {error!r}")

    def _take(self, run: str, member: Member) -> None:
        with self._lock:
            if member.name == "metrics":
                self._spool(self._values.metric(run, member.value, member.place))
            elif member.name == "params":
                self._values.parameter(member.value)
            if self._forward is None:
                self._alone.run(run).keep(member.name, member.value)

    def bad(self, why: str) -> None:
        """Count a body that could not be read."""
        with self._lock:
            self._values.bad(why)

    def poll(self, until: float, last: bool) -> Collected:
        """Return what still waits when the training has ended."""
        if not last:
            return Collected([], False)
        with self._lock:
            self._changed = True
            return Collected(self._values.ended(None), False)

    def health(self) -> Health:
        """Return how it goes."""
        fault = self._fault if self._forward is None else self._forward.fault
        return self._values.health(PREFIX, fault)

    def kept(self) -> None:
        """Write down what must be known after a restart."""
        with self._lock:
            if not self._changed:
                return
            self._changed = False
            state = self._values.state()
        self._positions.put(PREFIX, None, state)

    def skip(self) -> None:
        """Leave nothing out: nothing is read later."""

    def close(self) -> None:
        """Close the connections to the team's server that wait."""
        if self._forward is not None:
            self._forward.close()

    def _spool(self, reports: list[Report]) -> None:
        self._changed = True
        try:
            if reports:
                self._keep(reports)
        except SpoolFull as error:
            self._values.bad(f"the value was not kept, its volume is full: {error}")

    def _after(self, route: str, fields: dict[str, Any]) -> None:
        """Report what waited for more values of a run that has ended."""
        if route == "runs/update" and fields.get("status") in ENDED:
            with self._lock:
                self._spool(self._values.ended(run_of(fields)))


def _is_own(address: Address, port: str | None) -> bool:
    """Tell whether the tracking server is the sidecar itself."""
    return address.host in ("localhost", "127.0.0.1", "::1") and str(address.port) == port
