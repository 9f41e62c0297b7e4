"""What an effect does, in words: by them failures are remembered, and told."""

from __future__ import annotations

from espalier.planning.effects import (
    AdoptTrial,
    BindPod,
    CheckTemplate,
    CreateTrial,
    CreateWorkload,
    DeletePod,
    DeleteWorkload,
    Effect,
    IngestTail,
    LookFor,
    LookUpPruner,
    Propose,
    RecordAttempt,
    RecordEnd,
    RecordSampled,
    RecordTrials,
    SuspendWorkload,
    TakeOver,
    WriteStudyStatus,
    WriteTrialStatus,
)
from espalier.planning.world.names import called

CHECK_TEMPLATE = "check the template"
CREATE = "create "
TAKE_OVER = "read the trials of earlier studies"
LOOK_UP_PRUNER = "find what the pruner names"


def act_of(effect: Effect) -> str | None:
    """Return what an effect does, in words; None for what is no matter if it fails."""
    match effect:
        case CheckTemplate():
            return CHECK_TEMPLATE
        case TakeOver():
            return TAKE_OVER
        case LookUpPruner():
            return LOOK_UP_PRUNER
        case CreateTrial():
            return f"{CREATE}Trial {effect.body['metadata']['name']}"
        case Propose():
            return f"choose the parameters of {called(effect.number)}"
        case CreateWorkload():
            return f"{CREATE}{effect.kind.name} {effect.body['metadata']['name']}"
        case LookFor():
            return f"look for {effect.plural} {effect.name}"
        case AdoptTrial():
            return f"adopt Trial {effect.name}"
        case DeleteWorkload():
            return f"delete {effect.kind.name} {effect.name}"
        case DeletePod():
            return f"delete pod {effect.name}"
        case SuspendWorkload():
            return f"{'suspend' if effect.suspend else 'resume'} {effect.kind.name} {effect.name}"
        case BindPod():
            return f"let pod {effect.pod} report"
        case IngestTail():
            return f"store the last values of {called(effect.number)}"
        case RecordEnd():
            return f"record the end of {called(effect.number)}"
        case RecordSampled() | RecordAttempt() | RecordTrials():
            return "record how far the trials are"
        case WriteTrialStatus():
            return f"write the status of Trial {effect.name}"
        case WriteStudyStatus():
            return "write the status of the Study"
        case _:
            return None
