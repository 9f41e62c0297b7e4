"""Where a study stands as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from espalier.planning.endings.of_study import StudyEnding
from espalier.planning.obstacles.holding import Hold


@dataclass(frozen=True, slots=True)
class StudyStanding:
    """What the plan has found out about the study before its status is written.

    Parameters
    ----------
    accepted
        Whether the spec and its template can be carried out; None while that is being asked.
    refusal
        Why not; empty where they can.
    by_server
        Whether the API server said so.
    ending
        How the study ends, None while it goes on.
    over
        Whether all its trials have ended and no pod of it is left running.
    hold
        What holds new trials back.
    limit
        How many trials are sampled.
    """

    accepted: bool | None
    refusal: str = ""
    by_server: bool = False
    ending: StudyEnding | None = None
    over: bool = False
    hold: Hold | None = None
    limit: int = 0
