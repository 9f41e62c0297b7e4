"""Which collectors are tried: those that are named, a study's, or all that read files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from espalier.api import Study, StudySpec, parse_collector, parse_study
from espalier.api.collectors import CollectorSpec, Preset
from espalier.errors import UsageError

OF_DIRECTORIES = ("TensorBoard",)
READ = ("Output", "Log", "File", "Csv", *OF_DIRECTORIES)
"""Types that read what can lie in a file; the others take what a running trainer sends."""
TRIED = (
    ("TensorBoard", None),
    ("File", None),
    ("Output", Preset.JSON_LINES),
    ("Output", Preset.YOLO),
    ("Output", Preset.CATBOOST),
    ("Output", Preset.XGBOOST),
    ("Output", Preset.LIGHTGBM),
    ("Output", Preset.HUGGING_FACE),
    ("Output", Preset.KERAS),
    ("Output", Preset.LIGHTNING),
    ("Csv", None),
    ("Output", Preset.KEY_VALUE),
)
"""In the order in which they are preferred: what is the least particular comes last."""


@dataclass(frozen=True)
class Named:
    """What the command's options say of a collector.

    Parameters
    ----------
    type
        `--type`.
    preset
        `--preset`.
    pattern, step_pattern, value_pattern
        The regular expressions.
    step_scale
        `--step-scale`.
    """

    type: str | None = None
    preset: str | None = None
    pattern: str | None = None
    step_pattern: str | None = None
    value_pattern: str | None = None
    step_scale: float | None = None

    def chosen(self) -> list[CollectorSpec]:
        """Return the collector that they mean, none if they say nothing.

        Where no type is given, it is one of what is printed.

        Raises
        ------
        SpecError, UsageError
            If they are at odds, or a regular expression is none.
        """
        if self.type is None and not self._printed():
            return []
        found = parse_collector(_plain(self.type or "Output", self._printed(), self.step_scale))
        if found.type not in READ:
            raise UsageError(
                "--type",
                f"expected one of {', '.join(READ)}, got {found.type}, which takes what a running "
                "trainer sends, and reads no file; run a trial to try it",
            )
        return [found]

    def _printed(self) -> dict[str, str]:
        said = {
            "preset": self.preset,
            "pattern": self.pattern,
            "stepPattern": self.step_pattern,
            "valuePattern": self.value_pattern,
        }
        return {name: value for name, value in said.items() if value is not None}


def every(step_scale: float | None) -> list[CollectorSpec]:
    """Return all collectors that read files, the most special ones first."""
    return [
        parse_collector(_plain(type_, {"preset": preset.value} if preset else {}, step_scale))
        for type_, preset in TRIED
    ]


def read_study(path: str) -> Study:
    """Return the Study that a file of YAML holds, the first where it holds other objects too.

    Raises
    ------
    UsageError
        If it cannot be read, or holds none.
    SpecError
        If the Study is not valid.
    """
    try:
        documents = list(yaml.safe_load_all(Path(path).read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(
            path, f"expected a Study as YAML, and it cannot be read ({error.strerror}); correct it"
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        why = " ".join(str(error).split())
        raise UsageError(path, f"expected a Study as YAML, got none: {why}; correct it") from error
    for each in documents:
        if isinstance(each, dict) and each.get("kind") == "Study":
            return parse_study(each)
    raise UsageError(path, "expected an object of kind Study, and there is none; add it")


def readable(spec: StudySpec) -> list[CollectorSpec]:
    """Return those collectors of a study that read files; Auto and Local do the report file.

    Raises
    ------
    UsageError
        If there is none.
    """
    found = [
        CollectorSpec(type="File", metrics=each.metrics, step_scale=each.step_scale)
        if each.type in ("Auto", "Local")
        else each
        for each in spec.sources
        if each.type in ("Auto", "Local", *READ)
    ]
    if not found:
        raise UsageError(
            "--study",
            f"expected a collector that reads files, got {', '.join(e.type for e in spec.sources)},"
            " which take what a running trainer sends; leave --study out to see what fits",
        )
    return found


def _plain(kind: str, settings: Mapping[str, Any], step_scale: float | None) -> dict[str, Any]:
    """Return a collector as a Study writes it."""
    if settings and kind in CollectorSpec.choices and kind not in ("Output", "Log"):
        raise UsageError(
            "--type",
            f"expected Output or Log with {', '.join(settings)}, got {kind}; leave one of them out",
        )
    collector: dict[str, Any] = {"type": kind}
    choice = CollectorSpec.choices.get(kind)
    if choice is not None and choice.settings is not None:
        collector[choice.section] = dict(settings)
    if step_scale is not None:
        collector["stepScale"] = step_scale
    return collector
