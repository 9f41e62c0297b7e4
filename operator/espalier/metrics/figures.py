"""What a scrape reads: frozen views that the engine replaces, never changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Cost:
    """What a study has used of something, and what pruning has saved of it.

    Parameters
    ----------
    used : float
        Never falls.
    saved : float or None
        An estimate; None while nothing tells.
    band : tuple of float or None
        Its lower and upper bound.
    """

    used: float = 0.0
    saved: float | None = None
    band: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class StudyFigures:
    """One study's figures at one moment.

    Parameters
    ----------
    namespace : str
        The Study's.
    study : str
        The Study's name.
    pruner : str
        The type in `spec.pruner.type`.
    direction : str
        ``Maximize`` or ``Minimize``.
    trials : mapping
        Number of trials by phase (``Pending`` ... ``Failed``); absent phases are shown as 0.
    endings : mapping
        Number of trials by the reason of their Finished condition.
    prunings : mapping
        Number of prune decisions by (pruner, reason).
    gpu_seconds, trial_seconds, steps : Cost
        What the trials have cost, in each unit.
    best_value, best_expected, best_sure, best_mean : float or None
        Of the best completed trial: its last value, its expected one, how sure it is the best, and
        the mean of its repeats.
    risk_stated, risk_spent, false_prune_rate : float or None
        None where it does not exist (yet): no series is shown then.
    best_expected_interval, best_mean_interval, false_prune_interval : tuple of float or None
        Lower and upper bound of the 90 % interval of the expected value, and of the 95 % intervals
        of the mean and of the rate.
    breaker_open : bool
        Whether too many prunings at once hold further ones back.
    shadows : mapping
        Number of trials that each shadow pruner would have pruned, by its name.
    conditions : mapping
        Status of each of the Study's conditions, by its type.
    reasons : mapping
        Reason of each of them, by its type.
    state : str
        The Study's ``status.state``; empty while it has none.
    started_at, ended_at : float or None
        When it was accepted and when it had ended, in seconds since the epoch.
    planned : int
        Number of trials that it is to run, as far as is known.
    unheard : int
        Number of trials whose trainer runs, and of which a value is missed.
    budget : mapping
        Share of a limit that is used, by the limit's name and ``soft`` or ``hard``.
    """

    namespace: str
    study: str
    pruner: str
    direction: str
    trials: Mapping[str, int] = field(default_factory=dict)
    endings: Mapping[str, int] = field(default_factory=dict)
    prunings: Mapping[tuple[str, str], int] = field(default_factory=dict)
    gpu_seconds: Cost = Cost()
    trial_seconds: Cost = Cost()
    steps: Cost = Cost()
    best_value: float | None = None
    best_expected: float | None = None
    best_expected_interval: tuple[float, float] | None = None
    best_sure: float | None = None
    best_mean: float | None = None
    best_mean_interval: tuple[float, float] | None = None
    risk_stated: float | None = None
    risk_spent: float | None = None
    false_prune_rate: float | None = None
    false_prune_interval: tuple[float, float] | None = None
    breaker_open: bool = False
    shadows: Mapping[str, int] = field(default_factory=dict)
    conditions: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    state: str = ""
    started_at: float | None = None
    ended_at: float | None = None
    planned: int = 0
    unheard: int = 0
    budget: Mapping[tuple[str, str], float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ControlView:
    """The control path's figures at one moment.

    Parameters
    ----------
    queue_depth : int
        Studies that wait to be reconciled.
    queue_oldest_age : float
        Seconds that the first of them has waited, 0 where none waits.
    watch_ages : mapping
        Seconds since the watch of a resource last showed a sign of life, by plural.
    list_ages : mapping
        Seconds since all objects of a resource were last listed, by plural.
    watch_restarts : int
        How often the watches ended and were begun anew.
    store_bytes : int or None
        Size of the store on disk, None where it cannot be told.
    volume_bytes, volume_free_bytes : int or None
        Size of the file system that the store lies on, and what is free of it.
    starting : bool
        Whether the studies that were there at the start are still being looked at, one by one.
    queue_idle : float
        Seconds since a study was last taken from the queue, 0 where none waits.
    reading : int
        Studies whose logs are being read or wait for it.
    reading_idle : float
        Seconds since a piece of a log was read, 0 where none is.
    claims : mapping
        Number of namespaces by how it stands with their Leases.
    others : mapping
        Which other operator works in a namespace, by namespace.
    """

    queue_depth: int = 0
    queue_oldest_age: float = 0.0
    watch_ages: Mapping[str, float] = field(default_factory=dict)
    list_ages: Mapping[str, float] = field(default_factory=dict)
    watch_restarts: int = 0
    store_bytes: int | None = None
    volume_bytes: int | None = None
    volume_free_bytes: int | None = None
    starting: bool = False
    queue_idle: float = 0.0
    reading: int = 0
    reading_idle: float = 0.0
    claims: Mapping[str, int] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)


Studies = Callable[[], Sequence[StudyFigures]]
"""Called in the scrape's own thread: returns the latest views, without waiting for the loop."""

Control = Callable[[], ControlView]
"""Called in the scrape's own thread, as `Studies`."""
