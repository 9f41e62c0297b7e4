"""The answers of a tracking server that keeps next to nothing: what MLflow's client must be told.

The trainer gets what it needs to go on. No run is lost that anybody would look for: there is no
server to look at. A run or a model that is not known, as after a restart, is answered as if it
had just been made.
"""

from __future__ import annotations

import os
import re
import time
import zlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

ARTIFACTS = "file:///tmp/espalier-mlflow"
"""Where the client is told to put artifacts: into the trainer's own file system, where they would
lie too if no server was named. The volume that it shares with the sidecar has a limit, beyond which
the kubelet evicts the pod."""
MOST_RUNS = 16
MOST_ENTRIES = 100
"""Of a run's tags, parameters and metrics, each; the newest."""
LONGEST_TEXT = 250
ENDED = frozenset({"FINISHED", "FAILED", "KILLED"})
_MODEL = re.compile(r"logged-models/([^/]+)(?:/(params|tags)(?:/.*)?)?")

Answer = tuple[int, dict[str, Any]]
NOTHING: Answer = 200, {}


class LoggedRun:
    """What is kept of a run, so that the trainer can ask for it."""

    def __init__(self, run_id: str, fields: Mapping[str, Any]) -> None:
        self.info: dict[str, Any] = {
            "run_id": run_id,
            "run_uuid": run_id,
            "run_name": _text(fields.get("run_name")) or f"run-{run_id[:8]}",
            "experiment_id": _text(fields.get("experiment_id")) or "0",
            "user_id": _text(fields.get("user_id")),
            "status": "RUNNING",
            "start_time": _number(fields.get("start_time")),
            "artifact_uri": f"{ARTIFACTS}/{quote(run_id, safe='')}/artifacts",
            "lifecycle_stage": "active",
        }
        self.lists: dict[str, dict[str, dict[str, Any]]] = {"tags": {}, "params": {}, "metrics": {}}
        for tag in fields.get("tags") or ():
            self.keep("tags", tag)

    def keep(self, kind: str, entry: Any) -> None:
        """Keep a tag, a parameter or a metric; the newest of each key."""
        if not isinstance(entry, dict) or not isinstance(entry.get("key"), str):
            return
        kept = self.lists[kind]
        key = entry["key"][:LONGEST_TEXT]
        kept.pop(key, None)
        if len(kept) == MOST_ENTRIES:
            kept.pop(next(iter(kept)))
        names = ("value", "timestamp", "step") if kind == "metrics" else ("value",)
        kept[key] = {"key": key, **{name: _small(entry.get(name)) for name in names}}

    def body(self) -> dict[str, Any]:
        """Return it as it is answered."""
        return {
            "info": self.info,
            "data": {kind: list(kept.values()) for kind, kept in self.lists.items()},
        }


class Alone:
    """Answers as a tracking server would; for several threads, one at a time."""

    def __init__(self) -> None:
        self._runs: OrderedDict[str, LoggedRun] = OrderedDict()
        self._models: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._experiments: OrderedDict[str, str] = OrderedDict()

    def run(self, run_id: str) -> LoggedRun:
        """Return a run; one that is not known is made."""
        run_id = run_id[:LONGEST_TEXT]
        run = self._runs.pop(run_id, None) or LoggedRun(run_id, {})
        self._runs[run_id] = run
        if len(self._runs) > MOST_RUNS:
            self._runs.popitem(last=False)
        return run

    def answer(self, method: str, route: str, fields: Mapping[str, Any]) -> Answer:
        """Return status and body.

        Parameters
        ----------
        method
            The request's.
        route
            The path behind `/api/2.0/mlflow/`.
        fields
            Of the query or the body, the members that are no lists.
        """
        if route in ("", "/", "/health") or method in ("HEAD", "OPTIONS"):
            return NOTHING
        answer = _ROUTES.get(route)
        if answer is not None:
            return answer(self, fields)
        model = _MODEL.fullmatch(route)
        if model is not None:
            return self._model(method, model[1], fields)
        return _missing("ENDPOINT_NOT_FOUND", f"{method} {route[:200]} is not answered here")

    def create_run(self, fields: Mapping[str, Any]) -> Answer:
        """Make a run."""
        run = LoggedRun(os.urandom(16).hex(), fields)
        self._runs[run.info["run_id"]] = run
        if len(self._runs) > MOST_RUNS:
            self._runs.popitem(last=False)
        return 200, {"run": run.body()}

    def get_run(self, fields: Mapping[str, Any]) -> Answer:
        """Return a run."""
        return 200, {"run": self.run(run_of(fields)).body()}

    def update_run(self, fields: Mapping[str, Any]) -> Answer:
        """Change a run's status, end and name."""
        info = self.run(run_of(fields)).info
        for name in ("status", "run_name"):
            if fields.get(name):
                info[name] = _text(fields[name])
        if "end_time" in fields:
            info["end_time"] = _number(fields["end_time"])
        return 200, {"run_info": info}

    def history(self, fields: Mapping[str, Any]) -> Answer:
        """Return the newest value of a metric: more is not kept."""
        metrics = self.run(run_of(fields)).lists["metrics"]
        found = metrics.get(_text(fields.get("metric_key")))
        return 200, {"metrics": [found] if found else []}

    def experiment_named(self, fields: Mapping[str, Any]) -> Answer:
        """Return an experiment; any name is one."""
        name = _text(fields.get("experiment_name") or fields.get("name")) or "Default"
        id_ = "0" if name == "Default" else str(zlib.crc32(name.encode(errors="replace")) + 1)
        self._experiments[id_] = name
        if len(self._experiments) > MOST_RUNS:
            self._experiments.popitem(last=False)
        return 200, {"experiment": self._experiment(id_), "experiment_id": id_}

    def experiment(self, fields: Mapping[str, Any]) -> Answer:
        """Return an experiment by its number."""
        return 200, {"experiment": self._experiment(_text(fields.get("experiment_id")) or "0")}

    def experiments(self, fields: Mapping[str, Any]) -> Answer:
        """Return the experiments that were asked for."""
        return 200, {"experiments": [self._experiment(id_) for id_ in self._experiments or ["0"]]}

    def create_model(self, fields: Mapping[str, Any]) -> Answer:
        """Make a logged model."""
        return self._model("POST", f"m-{os.urandom(16).hex()}", fields)

    def _experiment(self, id_: str) -> dict[str, Any]:
        return {
            "experiment_id": id_,
            "name": self._experiments.get(id_, "Default" if id_ == "0" else id_),
            "artifact_location": f"{ARTIFACTS}/{quote(id_, safe='')}",
            "lifecycle_stage": "active",
        }

    def _model(self, method: str, id_: str, fields: Mapping[str, Any]) -> Answer:
        id_ = id_[:LONGEST_TEXT]
        if method == "DELETE":
            return NOTHING
        info = self._models.pop(id_, None) or {
            "model_id": id_,
            "experiment_id": _text(fields.get("experiment_id")) or "0",
            "name": _text(fields.get("name")) or id_,
            "artifact_uri": f"{ARTIFACTS}/models/{quote(id_, safe='')}/artifacts",
            "creation_timestamp_ms": int(time.time() * 1000),
            "last_updated_timestamp_ms": int(time.time() * 1000),
            "source_run_id": _text(fields.get("source_run_id")),
            "model_type": _text(fields.get("model_type")),
            "status": "LOGGED_MODEL_PENDING",
        }
        if method == "PATCH":
            info["status"] = _text(fields.get("status")) or "LOGGED_MODEL_READY"
        self._models[id_] = info
        if len(self._models) > MOST_RUNS:
            self._models.popitem(last=False)
        return 200, {"model": {"info": info, "data": {}}}


def run_of(fields: Mapping[str, Any]) -> str:
    """Return the run that a request is about."""
    return _text(fields.get("run_id")) or _text(fields.get("run_uuid"))


def _missing(code: str, message: str) -> Answer:
    return 404, {"error_code": code, "message": message}


def _text(value: Any) -> str:
    return value[:LONGEST_TEXT] if isinstance(value, str) else ""


def _number(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value[:15])
    whole = isinstance(value, int | float) and 0 < value < 2**62
    return int(value) if whole else int(time.time() * 1000)


def _small(value: Any) -> Any:
    return value if isinstance(value, int | float) else _text(value)


def _registered(_: Alone, fields: Mapping[str, Any]) -> Answer:
    return 200, {"registered_model": {"name": _text(fields.get("name"))}}


def _version(_: Alone, fields: Mapping[str, Any]) -> Answer:
    version = {
        "name": _text(fields.get("name")),
        "version": _text(fields.get("version")) or "1",
        "source": _text(fields.get("source")),
        "run_id": run_of(fields),
        "status": "READY",
    }
    return 200, {"model_version": version}


def _taken(_: Alone, __: Mapping[str, Any]) -> Answer:
    return NOTHING


_ROUTES = {
    "runs/create": Alone.create_run,
    "runs/get": Alone.get_run,
    "runs/update": Alone.update_run,
    "runs/search": lambda _, __: (200, {"runs": []}),
    "metrics/get-history": Alone.history,
    "experiments/get-by-name": Alone.experiment_named,
    "experiments/create": Alone.experiment_named,
    "experiments/get": Alone.experiment,
    "experiments/search": Alone.experiments,
    "logged-models": Alone.create_model,
    "logged-models/search": lambda _, __: (200, {"models": []}),
    "artifacts/list": lambda _, __: (200, {"files": []}),
    "registered-models/create": _registered,
    "registered-models/get": _registered,
    "model-versions/create": _version,
    "model-versions/get": _version,
    **dict.fromkeys(
        (
            "runs/log-metric",
            "runs/log-batch",
            "runs/log-parameter",
            "runs/log-inputs",
            "runs/log-model",
            "runs/outputs",
            "runs/set-tag",
            "runs/delete-tag",
            "runs/delete",
            "runs/restore",
            "registered-models/set-tag",
            "registered-models/alias",
            "model-versions/set-tag",
            "experiments/update",
            "experiments/set-experiment-tag",
            "experiments/delete-experiment-tag",
        ),
        _taken,
    ),
}
