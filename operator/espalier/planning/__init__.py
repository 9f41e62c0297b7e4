"""From a snapshot of the world and the time to the effects that are due. Pure."""

from espalier.planning.effects import Effect
from espalier.planning.plan import Lane, plan
from espalier.planning.record import End, StudyRecord, TrialRecord
from espalier.planning.settings import HOST_FIELDS, Settings, SidecarSettings
from espalier.planning.snapshot import Snapshot, StudyView, TemplateVerdict

__all__ = [
    "HOST_FIELDS",
    "Effect",
    "End",
    "Lane",
    "Settings",
    "SidecarSettings",
    "Snapshot",
    "StudyRecord",
    "StudyView",
    "TemplateVerdict",
    "TrialRecord",
    "plan",
]
