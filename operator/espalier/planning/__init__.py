"""From a snapshot of the world and the time to the effects that are due. Pure."""

from __future__ import annotations

from espalier.planning.effects import Effect
from espalier.planning.plan import Lane, plan
from espalier.planning.world.record import End, StudyRecord, TrialRecord
from espalier.planning.world.settings import HOST_FIELDS, OperatorSettings, SidecarSettings
from espalier.planning.world.snapshot import Snapshot, StudyView, TemplateVerdict

__all__ = [
    "HOST_FIELDS",
    "Effect",
    "End",
    "Lane",
    "OperatorSettings",
    "SidecarSettings",
    "Snapshot",
    "StudyRecord",
    "StudyView",
    "TemplateVerdict",
    "TrialRecord",
    "plan",
]
