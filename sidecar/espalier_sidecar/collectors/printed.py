"""How values stand in what is printed: by a preset, or by patterns of the study's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

from espalier_sidecar.collectors.printed_text import Finder, PrintedText
from espalier_sidecar.errors import BadEnvironment
from espalier_sidecar.text import clip

PRESETS = {
    "KeyValue": "espalier_sidecar.collectors.presets.key_value",
    "Keras": "espalier_sidecar.collectors.presets.keras",
    "HuggingFace": "espalier_sidecar.collectors.presets.hugging_face",
    "Lightning": "espalier_sidecar.collectors.presets.lightning",
    "XGBoost": "espalier_sidecar.collectors.presets.xgboost",
    "LightGBM": "espalier_sidecar.collectors.presets.lightgbm",
    "CatBoost": "espalier_sidecar.collectors.presets.catboost",
    "Yolo": "espalier_sidecar.collectors.presets.yolo",
    "JSONLines": "espalier_sidecar.collectors.presets.json_lines",
}
"""The module of each preset; it has a function `finder`, which takes the study's metric."""
DEFAULT = "KeyValue"


class Printed(NamedTuple):
    """What a section says about what is printed, checked."""

    preset: str
    """Whose output it is, where there are no patterns."""
    value: re.Pattern[str] | None
    """The pattern of values."""
    step: re.Pattern[str] | None
    """The pattern of steps that stand on earlier lines than values."""

    def reader(self, metric: str) -> PrintedText:
        """Make what reads lines, in the main thread.

        Parameters
        ----------
        metric
            The metric of values that have no name.
        """
        if self.value is None:
            finder: Finder = import_module(PRESETS[self.preset]).finder(metric)
            return PrintedText(finder)
        # Imported where it is used: presets do without it.
        from espalier_sidecar.collectors.patterns import Patterns

        return PrintedText(Patterns(self.value, self.step, metric))


def printed_lines(section: Mapping[str, Any], metric: str) -> PrintedText:
    """Return what reads the lines that a section of type Log or Output is about.

    Parameters
    ----------
    section
        What it says: a preset, or patterns.
    metric
        The metric of values that have no name.

    Raises
    ------
    BadEnvironment
        If it cannot be used.
    """
    return read_printed(section).reader(metric)


def read_printed(section: Mapping[str, Any]) -> Printed:
    """Return what a section of type Log or Output says about what is printed.

    Raises
    ------
    BadEnvironment
        If its preset is not known, or a pattern is no regular expression, or lacks its group.
    """
    preset = section.get("preset") or DEFAULT
    if preset not in PRESETS:
        raise BadEnvironment(f"preset: expected one of {', '.join(PRESETS)}; came {clip(preset)}")
    key = "pattern" if section.get("pattern") is not None else "valuePattern"
    return Printed(
        preset, _compiled(section, key, "value"), _compiled(section, "stepPattern", "step")
    )


def _compiled(section: Mapping[str, Any], key: str, group: str) -> re.Pattern[str] | None:
    found = section.get(key)
    if found is None:
        return None
    try:
        pattern = re.compile(found)
    except (re.error, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise BadEnvironment(f"{key}: expected a regular expression; {error}") from error
    if group not in pattern.groupindex:
        raise BadEnvironment(f"{key}: expected a group (?P<{group}>...); came {clip(found)}")
    return pattern
