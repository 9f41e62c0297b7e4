"""Preset Yolo: the table that ultralytics and yolov5 print, named as in their results.csv."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from espalier_sidecar.collectors.numbers import NUMBER
from espalier_sidecar.collectors.printed_text import Finder, Found
from espalier_sidecar.collectors.reading import Reading

MOST_COLUMNS = 32
_WORDS = rf"(?:[ ]{{1,40}}{NUMBER}){{1,{MOST_COLUMNS}}}"
_TRAIN_HEAD = re.compile(r"\s*Epoch\s{1,20}gpu_mem\s{1,20}(.{1,400})", re.IGNORECASE)
_TRAIN_ROW = re.compile(rf"(?:^|\s)(\d{{1,9}})/\d{{1,9}} {{1,20}}[\d.]{{1,12}}[GM]({_WORDS})")
_HEAD = re.compile(r"(?:Class +Images +(?:Instances|Labels|Targets)|classes) +(\S.{0,300})", re.I)
_ALL = re.compile(rf"(?:^|\s)all({_WORDS})\s*$")
_DONE = re.compile(r"\s*(?:Validating\s|\d+ epochs completed)")
_COUNTS = frozenset({"instances", "labels", "targets", "size", "img_size"})
_METRICS = {
    "p": "precision",
    "r": "recall",
    "map50": "mAP50",
    "map50-95": "mAP50-95",
    "top1_acc": "accuracy_top1",
    "top5_acc": "accuracy_top5",
}
# yolov5 has no boxes apart from masks in its table, and other names in its file.
_OLD = {"map50": "mAP_0.5", "map50-95": "mAP_0.5:0.95", "map@.5": "mAP_0.5"}
_OLD |= {"map@0.5": "mAP_0.5", "map@.5:.95": "mAP_0.5:0.95", "map@0.5:0.95": "mAP_0.5:0.95"}


class Yolo(Finder):
    """Finds losses in the row of an epoch, and metrics in the row `all` below it.

    The best weights are validated once more at the end: that is no epoch's.
    """

    def __init__(self) -> None:
        self._losses: list[str] = []
        self._metrics: list[str] = []

    def found(self, text: str, redrawn: bool) -> Found:
        """Return what the line says."""
        if _DONE.match(text):
            self.step = None
            return Found([], over=True)
        if head := _TRAIN_HEAD.match(text):
            names = head[1].split()[:MOST_COLUMNS]
            self._losses = [f"train/{each}" for each in names if each.lower() not in _COUNTS]
            return Found([])
        if row := _TRAIN_ROW.search(text):
            self.step = float(row[1])
            return Found(self._readings(self._losses, row[2].split()), under_way=True)
        if head := _HEAD.search(text):
            self._metrics = list(_metric_names(head[1]))
        if self.step is not None and (row := _ALL.search(text)):
            values = row[1].split()
            return Found(self._readings(self._metrics, values[-len(self._metrics) :]), over=True)
        return Found([])

    def state(self) -> dict[str, Any]:
        """Return the epoch, and which columns come."""
        return super().state() | {"columns": [self._losses, self._metrics]}

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that was kept."""
        super().resume(state)
        match state.get("columns"):
            case [list(losses), list(metrics)]:
                self._losses, self._metrics = _texts(losses), _texts(metrics)

    def _readings(self, names: Sequence[str], values: Sequence[str]) -> list[Reading]:
        if len(values) < len(names):
            return []
        return [
            Reading(name, self.step, float(value))
            for name, value in zip(names, values, strict=False)
        ]


def _metric_names(head: str) -> list[str]:
    """Return the names of a head's columns: of `Box(P R mAP50)` metrics/precision(B) and so on."""
    names: list[str] = []
    part = ""
    for word in head.split()[:MOST_COLUMNS]:
        if word[0].isdigit():
            break
        of, found, column = word.rstrip(":)").rpartition("(")
        part = f"({of[:1]})" if found else part
        known = _METRICS if part else _METRICS | _OLD
        if column.lower() not in known:
            break
        names.append(f"metrics/{known[column.lower()]}{part}")
    return names


def _texts(found: list[Any]) -> list[str]:
    return [each for each in found[:MOST_COLUMNS] if isinstance(each, str)]


def finder(_metric: str) -> Finder:
    """Make what finds the values."""
    return Yolo()
