"""Shared parts of the curve generators: search spaces, cost model, sanity checks, files."""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

Space = dict[str, dict[str, Any]]
Config = dict[str, Any]

CLOCK = (
    "modelled: measured CPU seconds per step of the configuration's architecture/batch-size group "
    "(one thread, compilation and evaluation excluded){scaled}, times a per-configuration "
    "lognormal(0.1) machine factor and a per-step lognormal(0.05) jitter; cumulative"
)


def uniform(low: float, high: float) -> dict[str, Any]:
    return {"type": "float", "low": low, "high": high, "log": False}


def log(low: float, high: float) -> dict[str, Any]:
    return {"type": "float", "low": low, "high": high, "log": True}


def integer(low: int, high: int, log_scale: bool = False) -> dict[str, Any]:
    return {"type": "int", "low": low, "high": high, "log": log_scale}


def choice(*choices: Any) -> dict[str, Any]:
    return {"type": "categorical", "choices": list(choices)}


def _draw(spec: dict[str, Any], rng: np.random.Generator) -> Any:
    if spec["type"] == "categorical":
        return spec["choices"][int(rng.integers(len(spec["choices"])))]
    low, high = spec["low"], spec["high"]
    if spec["type"] == "int":
        if spec["log"]:
            drawn = math.exp(rng.uniform(math.log(low - 0.499), math.log(high + 0.499)))
            return int(min(high, max(low, round(drawn))))
        return int(rng.integers(low, high + 1))
    if spec["log"]:
        return float(f"{math.exp(rng.uniform(math.log(low), math.log(high))):.6g}")
    return float(f"{rng.uniform(low, high):.6g}")


def sample(space: Space, n: int, seed: int) -> list[Config]:
    """Independent random configurations of a search space."""
    rng = np.random.default_rng(seed)
    return [{name: _draw(spec, rng) for name, spec in space.items()} for _ in range(n)]


def numeric(space: Space, configs: list[Config]) -> dict[str, np.ndarray]:
    """The configurations as one float array per parameter (text choices by their index)."""
    arrays: dict[str, np.ndarray] = {}
    for name, spec in space.items():
        column = [c[name] for c in configs]
        if any(isinstance(v, str) for v in column):
            column = [spec["choices"].index(v) for v in column]
        arrays[name] = np.asarray(column, dtype=np.float32)
    return arrays


@dataclass
class Task:
    """What a task is; `configs` is filled from the space when it is left empty."""

    name: str
    description: str
    dataset: str
    model: str
    direction: str
    metric: str
    resource: str
    space: Space
    n: int
    s: int
    seed: int
    scaled: str = ""
    configs: list[Config] = field(default_factory=list)
    started: float = field(default_factory=time.time)

    def __post_init__(self) -> None:
        if not self.configs:
            self.configs = sample(self.space, self.n, self.seed)


def repeated(task: Task, seeds: int) -> Task:
    """The task with its list of configurations so many times over: each row trains by itself."""
    return replace(task, configs=task.configs * seeds, n=task.n * seeds)


def cost(step_seconds: np.ndarray, s: int, seed: int) -> np.ndarray:
    """Cumulative seconds [N,S] of seconds per step [N] or [N,S], with machine factor and jitter."""
    rng = np.random.default_rng(seed + 1)
    base = np.asarray(step_seconds, dtype=float)
    per_step = np.repeat(base[:, None], s, axis=1) if base.ndim == 1 else base
    machine = rng.lognormal(0.0, 0.1, size=(len(base), 1))
    return np.cumsum(per_step * machine * rng.lognormal(0.0, 0.05, size=per_step.shape), axis=1)


def checks(values: np.ndarray, direction: str) -> list[str]:
    """Names of the sanity checks that fail (none when the task is sane)."""
    final = np.where(np.isfinite(values[:, -1]), values[:, -1], np.nan)
    loss = final if direction == "min" else -final
    finite = loss[np.isfinite(loss)]
    failed = []
    if len(finite) < 0.6 * len(loss):
        return ["more than 40 % diverged"]
    best, median = finite.min(), np.median(finite)
    low, high = np.quantile(finite, [0.25, 0.75])
    clear = min(0.5 * (high - low), 0.05 * abs(median))
    if not median - best > clear:
        failed.append("best not clearly better than the median")
    if (finite == best).mean() > 0.15:
        failed.append("more than 15 % tied at the best")
    constant = np.all(values == values[:, :1], axis=1)
    if constant.mean() > 0.25:
        failed.append("more than 25 % constant curves")
    return failed


def _trim(array: np.ndarray, bits: int) -> np.ndarray:
    """Round float32 to `bits` mantissa bits, so that the file compresses."""
    raw = np.ascontiguousarray(array, dtype=np.float32)
    step = np.uint32(1 << (23 - bits))
    view = raw.view(np.uint32)
    rounded = ((view + step // np.uint32(2)) & ~np.uint32(step - 1)).view(np.float32)
    return np.where(np.isfinite(raw), rounded, raw)


def save(task: Task, values: np.ndarray, step_seconds: np.ndarray, outdir: str) -> None:
    """Write NAME.npz and NAME.json, and say whether the sanity checks passed.

    Of a `repeated` task all rows are given: the first time through the list becomes `values`, and
    all of them `values_seeds`.
    """
    folder = Path(outdir)
    folder.mkdir(parents=True, exist_ok=True)
    by_seed = values.reshape(-1, task.n, task.s)
    values = by_seed[0]
    seconds = cost(step_seconds[: task.n], task.s, task.seed)
    assert values.shape == seconds.shape == (task.n, task.s), (values.shape, seconds.shape)
    took = round(time.time() - task.started, 1)
    about = {
        "name": task.name,
        "description": task.description,
        "dataset": task.dataset,
        "model": task.model,
        "direction": task.direction,
        "metric": task.metric,
        "resource": task.resource,
        "search_space": task.space,
        "configs": task.configs,
        "n": task.n,
        "s": task.s,
        "n_seeds": len(by_seed),
        "generation_seconds": took,
        "seconds_clock": CLOCK.format(scaled=task.scaled),
    }
    arrays = {"values": _trim(values, 16), "seconds": _trim(seconds, 9)}
    if len(by_seed) > 1:
        arrays["values_seeds"] = _trim(by_seed, 16)
    np.savez_compressed(folder / f"{task.name}.npz", **arrays)
    (folder / f"{task.name}.json").write_text(json.dumps(about, separators=(",", ":")) + "\n")
    size = sum((folder / f"{task.name}.{e}").stat().st_size for e in ("npz", "json"))
    failed = checks(values, task.direction)
    verdict = "sane" if not failed else "; ".join(failed)
    print(f"{task.name}: {task.n} x {task.s}, {took} s, {size // 1000} kB, {verdict}", flush=True)
