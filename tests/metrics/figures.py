"""Views and a registry to test with."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry

from espalier.errors import RetryLater
from espalier.metrics import (
    ControlView,
    MetricsServer,
    Observer,
    ProbeAnswer,
    StudyFigures,
    build_registry,
)
from espalier.metrics.figures import Cost

FULL = StudyFigures(
    namespace="team-a",
    study="digits",
    pruner="Auto",
    direction="Maximize",
    trials={"Running": 4, "Pruned": 6, "Completed": 2},
    endings={"Pruned": 6, "Completed": 2},
    prunings={("Auto", "WorseThanPercentile"): 5, ("Auto", "Diverged"): 1},
    gpu_seconds=Cost(420.0, 360.0, (300.0, 410.0)),
    trial_seconds=Cost(210.0, 180.0, (150.0, 205.0)),
    steps=Cost(96, 88.0, (80.0, 90.0)),
    conditions={"Accepted": "True", "Progressing": "True", "Succeeded": "Unknown"},
    reasons={"Accepted": "SpecAccepted", "Progressing": "Running", "Succeeded": "InProgress"},
    state="Running",
    started_at=1.7e9,
    ended_at=1.7e9 + 3600,
    planned=24,
    best_value=0.97,
    best_expected=0.95,
    best_expected_interval=(0.93, 0.97),
    best_sure=0.6,
    best_mean=0.96,
    best_mean_interval=(0.95, 0.97),
    risk_stated=0.05,
    risk_spent=0.01,
    false_prune_rate=0.1,
    false_prune_interval=(0.02, 0.3),
    shadows={"Median": 7},
    budget={("gpuHours", "soft"): 0.4, ("gpuHours", "hard"): 0.3},
)
FRESH = StudyFigures(
    namespace="team-a",
    study="digits",
    pruner="Median",
    direction="Maximize",
    conditions={"Accepted": "True", "Progressing": "True", "Succeeded": "Unknown"},
    reasons={"Accepted": "SpecAccepted", "Progressing": "Running", "Succeeded": "InProgress"},
    state="Running",
    started_at=1.7e9,
    planned=24,
)
CONTROL = ControlView(
    queue_depth=2,
    queue_oldest_age=0.3,
    watch_ages={"studies": 1.0, "trials": 2.0},
    list_ages={"studies": 30.0},
    watch_restarts=3,
    claims={"Held": 2, "Foreign": 1},
    store_bytes=40960,
    volume_bytes=2**30,
    volume_free_bytes=2**29,
)


def registry_of(*views: StudyFigures, control: ControlView = CONTROL) -> CollectorRegistry:
    """Make a registry over fixed views."""
    return build_registry(lambda: views, lambda: control, "0.1.0")


@contextmanager
def served(registry: CollectorRegistry) -> Iterator[str]:
    """Serve a registry; its address is given."""
    fine = ProbeAnswer(True, "fine")
    server = MetricsServer(registry, lambda: fine, lambda: fine, port=0)
    server.start()
    try:
        yield f"127.0.0.1:{server.port}"
    finally:
        server.stop()


def observe_everything(observer: Observer) -> None:
    """Call every method of the observer once."""
    observer.report_answered("Accepted", 0.002, "team-a/digits-3")
    observer.values_received("team-a", "digits", "Appended", 3)
    observer.values_judged("team-a", "digits", 0.001)
    observer.report_taken("team-a", "digits", 0.02)
    observer.limit_reached("team-a", "digits", "values_a_trial")
    observer.token_reviewed("Accepted")
    observer.token_checked("Keys")
    observer.connection_cut("TooMany")
    observer.prune_decided(0.004, "team-a/digits-3")
    observer.delete_accepted(0.02, "team-a/digits-3")
    observer.pod_gone(2.5, "team-a/digits-3")
    observer.store_committed(0.001, 12)
    observer.store_failed()
    observer.proposal_made("TPE", 0.03)
    observer.sampler_failed("TPE", "TooLong")
    observer.reconciled(0.03)
    observer.reconcile_failed(RetryLater("away"))
    observer.api_answered("create", "jobs", 201, 0.01)
    observer.api_answered("list", "pods", None, 5.0)
    observer.api_waited("Tenant", 0.02)
