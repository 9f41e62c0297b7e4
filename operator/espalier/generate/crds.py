"""The CustomResourceDefinitions, made from the models: crds/, and the chart's copy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from espalier.api.base import GROUP, VERSION, Model
from espalier.api.profile import PrunerProfile
from espalier.api.study import Study
from espalier.api.trial import Trial
from espalier.generate.structural_schema import structural

_HEADER = "# Made from the models in operator/espalier/api by `make generate`; do not edit.\n"


def study_crd() -> dict[str, Any]:
    """Return the CustomResourceDefinition of Study."""
    return _crd(
        Study,
        "studies",
        columns=(
            ("State", "string", ".status.state", "The study in one word.", 0),
            ("Degraded", "string", ".status.degraded", "What is in the way.", 0),
            ("Ended", "string", ".status.ended", "Trials that have ended, of how many.", 0),
            ("Active", "integer", ".status.active", "Trials that hold a slot.", 0),
            ("Completed", "integer", ".status.counts.completed", "Completed trials.", 0),
            ("Pruned", "integer", ".status.counts.pruned", "Pruned trials.", 0),
            ("Failed", "integer", ".status.counts.failed", "Failed trials.", 0),
            ("Best", "number", ".status.best.value", "Last value of the best completed trial.", 0),
            ("Trial", "string", ".status.best.trial", "The trial that has it.", 1),
            ("Metric", "string", ".spec.objective.metric", "What is optimised.", 1),
            ("Pruner", "string", ".spec.pruner.type", "Which pruner judges.", 1),
            ("GPU-s used", "number", ".status.gpuSeconds.used", "Accelerator time used.", 1),
            (
                "GPU-s saved",
                "number",
                ".status.gpuSeconds.saved",
                "Accelerator time that pruning has saved, estimated by the completed trials.",
                1,
            ),
            ("Trial-s used", "number", ".status.trialSeconds.used", "Time on nodes used.", 1),
            (
                "Trial-s saved",
                "number",
                ".status.trialSeconds.saved",
                "Time on nodes that pruning has saved, estimated by the completed trials.",
                1,
            ),
        ),
        selectable=(".spec.suspend", ".spec.pruner.type", ".status.state"),
        scale={
            "specReplicasPath": ".spec.trials.parallelism",
            "statusReplicasPath": ".status.active",
            "labelSelectorPath": ".status.selector",
        },
    )


def trial_crd() -> dict[str, Any]:
    """Return the CustomResourceDefinition of Trial."""
    return _crd(
        Trial,
        "trials",
        columns=(
            ("Phase", "string", ".status.phase", "The trial in one word.", 0),
            ("Step", "integer", ".status.step", "The latest step.", 0),
            ("Value", "number", ".status.latest", "The value at that step.", 0),
            ("Best so far", "number", ".status.best", "The best of its values.", 0),
            ("Reason", "string", ".status.reason", "Why it is in its phase.", 0),
            ("Rank", "string", ".status.rank", "Its place when it ended, of how many.", 1),
            ("Parameters", "string", ".status.parameters", "Its parameters in one line.", 1),
            ("Exempt", "boolean", ".status.exempt", "Never pruned, to measure pruning.", 1),
            ("Protected", "boolean", ".status.protected", "Never pruned, as somebody asked.", 1),
            ("Study", "string", ".spec.study.name", "The trial's study.", 1),
            ("Trial-s used", "number", ".status.trialSeconds", "Time on nodes used.", 1),
            (
                "Trial-s saved",
                "number",
                ".status.trialSecondsSaved",
                "Time that it would still have taken had it not been pruned, an estimate.",
                1,
            ),
            ("Attempt", "integer", ".status.attempt", "Number of the attempt.", 1),
            ("Decision", "string", ".status.decision.message", "The pruner's last words.", 1),
        ),
        selectable=(".spec.study.name", ".status.phase"),
    )


def profile_crd() -> dict[str, Any]:
    """Return the CustomResourceDefinition of PrunerProfile."""
    judged = ".spec.provenance"
    return _crd(
        PrunerProfile,
        "prunerprofiles",
        columns=(
            ("Type", "string", ".spec.pruner.type", "Which pruner it is.", 0),
            ("Saved", "number", f"{judged}.saved", "Share that it saved where it was judged.", 0),
            ("Lost", "number", f"{judged}.lost", "Share of winners that it lost there.", 0),
            ("Version", "string", f"{judged}.version", "The version that judged it.", 1),
            ("Command", "string", f"{judged}.command", "What was run to find it.", 1),
        ),
        selectable=(".spec.pruner.type",),
    )


def definitions() -> tuple[dict[str, Any], ...]:
    """Return all CustomResourceDefinitions."""
    return study_crd(), trial_crd(), profile_crd()


def render(crd: Mapping[str, Any]) -> str:
    """Return a CRD as YAML."""
    return _HEADER + yaml.safe_dump(crd, sort_keys=False, width=100, allow_unicode=True)


def crds() -> dict[str, str]:
    """Return the text of each CRD by file name."""
    return {f"{GROUP}_{crd['spec']['names']['plural']}.yaml": render(crd) for crd in definitions()}


def _crd(
    model: type[Model],
    plural: str,
    columns: tuple[tuple[str, str, str, str, int], ...],
    selectable: tuple[str, ...],
    scale: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    kind = model.__name__
    subresources: dict[str, Any] = {"status": {}} if "status" in model.model_fields else {}
    if scale is not None:
        subresources["scale"] = dict(scale)
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": kind,
                "listKind": f"{kind}List",
                "plural": plural,
                "singular": kind.lower(),
                "categories": ["espalier"],
            },
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": _root(model)},
                    **({"subresources": subresources} if subresources else {}),
                    "selectableFields": [{"jsonPath": path} for path in selectable],
                    "additionalPrinterColumns": [_column(*column) for column in columns]
                    + [_column("Age", "date", ".metadata.creationTimestamp", "", 0)],
                }
            ],
        },
    }


def _root(model: type[Model]) -> dict[str, Any]:
    """Return the schema of a whole object, whose type and metadata are the API server's."""
    schema = structural(model)
    properties = schema["properties"]
    properties["apiVersion"] = {"type": "string"}
    properties["kind"] = {"type": "string"}
    properties["metadata"] = {"type": "object"}
    properties.get("status", {}).pop("default", None)
    return schema


def _column(name: str, type_: str, path: str, description: str, priority: int) -> dict[str, Any]:
    column: dict[str, Any] = {"name": name, "type": type_, "jsonPath": path}
    if description:
        column["description"] = description
    if priority:
        column["priority"] = priority
    return column
