"""A study.yaml to begin with: valid, and with a word beside what one may want to change."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TEXT = """\
# Written by `espalier init`. Check it with `kubectl espalier validate`, start it with
# `kubectl apply -f`, and watch it with `kubectl espalier watch {plain_name}`.
apiVersion: espalier.dev/v1alpha1
kind: Study
metadata:
  name: {name}
spec:
  objective: {objective}
  resource: {resource}  # what a step counts, and the last one
  parameters:{reach}
{parameters}
  sampler: {sampler}  # how trials are chosen: Random, Sobol, Grid, TPE, GP, CmaEs, Auto
  pruner: {pruner}  # which trials are cut, and when; Nop cuts none
  trials: {trials}
  collector: {collector}  # how values come: Auto, Output (from what is printed), Log, Csv, …
  template:  # a pod template: anything that the cluster allows in a Job
    spec:
      containers:
      - name: trainer
        image: {image}
{command}{resources}"""


@dataclass(frozen=True, slots=True)
class WantedStudy:
    """What a study.yaml is to say.

    Parameters
    ----------
    name, image, metric
        The Study's, the trainer's, the objective's.
    direction
        Maximize or Minimize.
    command
        The trainer's, word by word; empty: as the image has it.
    parameters
        As a Study has them.
    step, steps
        What a step is called, and the last one.
    sampler, pruner, collector
        Their types.
    trials, parallelism, gpus
        How many.
    """

    name: str
    image: str
    metric: str
    direction: str
    command: Sequence[str]
    parameters: Sequence[Mapping[str, Any]]
    step: str
    steps: int
    sampler: str
    pruner: str
    collector: str
    trials: int
    parallelism: int
    gpus: int


def study_text(wanted: WantedStudy) -> str:
    """Return a study.yaml."""
    names = ", ".join(f"$PARAM_{each['name']}" for each in wanted.parameters)
    command = f"        command: {flow(list(wanted.command))}\n" if wanted.command else ""
    gpus = {"limits": {"nvidia.com/gpu": wanted.gpus}}
    return TEXT.format(
        plain_name=wanted.name,
        name=flow(wanted.name),
        objective=flow({"metric": wanted.metric, "direction": wanted.direction}),
        resource=flow({"name": wanted.step, "max": wanted.steps}),
        reach=f"  # the trainer has them in its environment: {names}",
        parameters="\n".join(f"  - {flow(each)}" for each in wanted.parameters),
        sampler=flow({"type": wanted.sampler}),
        pruner=flow({"type": wanted.pruner}),
        trials=flow({"max": wanted.trials, "parallelism": wanted.parallelism}),
        collector=flow({"type": wanted.collector}),
        image=flow(wanted.image),
        command=command,
        resources=f"        resources: {flow(gpus)}\n" if wanted.gpus else "",
    )


def flow(value: Any) -> str:
    """Write a value on one line, as YAML reads it; texts are quoted where they need it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(key)}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str) and _is_plain(value):
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(each if each.isprintable() else f"\\U{ord(each):08x}" for each in quoted)


_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def _is_plain(text: str) -> bool:
    """Whether YAML reads a text as itself without quotes; where that is not sure it is quoted."""
    fine = text[:1].isalpha() and all(each.isalnum() or each in "_-/." for each in text)
    return fine and text.isascii() and text.lower() not in _WORDS
