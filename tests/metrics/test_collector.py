"""Laws of the scrape: it shows each view once, nothing else, and keeps nothing."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from espalier.metrics import StudyFigures, build_registry
from espalier.metrics.collector import STATES
from espalier.metrics.declared import BY_NAME
from espalier.metrics.figures import Cost
from tests.metrics.figures import CONTROL, FULL, registry_of

# A machine that is busy with a cluster is no fault of the code.
on_a_busy_machine = settings(
    deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)
words = st.text('a é"\\\n{}=,#\x00\u2028', max_size=8)
counts = st.dictionaries(words, st.integers(0, 10**6), max_size=4)
numbers = st.floats(allow_nan=False)
optional = st.none() | numbers
amounts = st.floats(0, 1e12)
costs = st.builds(Cost, amounts, st.none() | amounts, band=st.none() | st.tuples(amounts, amounts))
views = st.builds(
    StudyFigures,
    namespace=words,
    study=words,
    pruner=words,
    direction=st.sampled_from(["Maximize", "Minimize"]),
    unheard=st.integers(0, 99),
    trials=st.dictionaries(st.sampled_from(["Pending", "Running", "Failed"]), st.integers(0, 99)),
    endings=counts,
    prunings=st.dictionaries(st.tuples(words, words), st.integers(0, 99), max_size=4),
    gpu_seconds=costs,
    trial_seconds=costs,
    steps=costs,
    conditions=st.dictionaries(words, st.sampled_from(["True", "False", "Unknown"]), max_size=4),
    reasons=st.dictionaries(words, words, max_size=4),
    state=words | st.sampled_from(["Running", "Failed"]),
    started_at=optional,
    ended_at=optional,
    planned=st.integers(0, 10**6),
    best_value=optional,
    best_expected=optional,
    best_expected_interval=st.none() | st.tuples(numbers, numbers),
    best_sure=optional,
    best_mean=optional,
    best_mean_interval=st.none() | st.tuples(numbers, numbers),
    risk_stated=optional,
    risk_spent=optional,
    false_prune_rate=optional,
    false_prune_interval=st.none() | st.tuples(numbers, numbers),
    breaker_open=st.booleans(),
    shadows=counts,
)


def scraped(registry):
    """Parse a scrape into {(name, labels): value}."""
    samples = {}
    for family in text_string_to_metric_families(generate_latest(registry).decode()):
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in samples, f"{key} is shown twice"
            samples[key] = sample.value
    return samples


def value(samples, metric, **labels):
    return samples.get((metric, tuple(sorted(labels.items()))))


@on_a_busy_machine
@given(st.lists(views, max_size=3, unique_by=lambda view: (view.namespace, view.study)))
def test_any_views_give_a_page_that_parses_with_declared_names_and_labels(some):
    for name, labels in scraped(registry_of(*some)):
        if name.startswith("espalier_"):
            assert {label for label, _ in labels} == set(BY_NAME[name].labels)


@on_a_busy_machine
@given(views)
def test_what_the_view_says_is_what_is_scraped(view):
    samples = scraped(registry_of(view))
    at = {"namespace": view.namespace, "study": view.study}
    assert value(samples, "espalier_best_value", **at) == view.best_value
    assert value(samples, "espalier_best_expected_value", **at) == view.best_expected
    assert value(samples, "espalier_best_sure_ratio", **at) == view.best_sure
    upper = value(samples, "espalier_best_expected_value_bound", **at, bound="upper")
    assert upper == (
        None if view.best_expected_interval is None else view.best_expected_interval[1]
    )
    for name, verb, cost in (
        ("espalier_gpu_seconds", "used", view.gpu_seconds),
        ("espalier_trial_seconds", "used", view.trial_seconds),
        ("espalier_steps", "done", view.steps),
    ):
        assert value(samples, f"{name}_{verb}_total", **at) == cost.used
        assert value(samples, f"{name}_saved_estimate", **at) == cost.saved
        lower = value(samples, f"{name}_saved_estimate_bound", **at, bound="lower")
        assert lower == (None if cost.band is None else cost.band[0])
    for type_, status in view.conditions.items():
        for each in ("True", "False", "Unknown"):
            seen = value(samples, "espalier_study_condition", **at, type=type_, status=each)
            assert seen == float(each == status)
        reason = {"type": type_, "status": status, "reason": view.reasons.get(type_, "")}
        assert value(samples, "espalier_study_condition_reason", **at, **reason) == 1
    for state in STATES:
        seen = value(samples, "espalier_study_state", **at, state=state)
        assert seen == (float(state == view.state) if view.state else None)
    states = [v for (name, _), v in samples.items() if name == "espalier_study_state"]
    assert sum(states) == bool(view.state)
    assert value(samples, "espalier_study_completion_time_seconds", **at) == view.ended_at
    assert value(samples, "espalier_trials_planned", **at) == view.planned
    for phase in ("Pending", "Running", "Completed", "Pruned", "Failed"):
        seen = value(samples, "espalier_trials", **at, phase=phase)
        assert seen == view.trials.get(phase, 0)
    for (pruner, reason), count in view.prunings.items():
        seen = value(samples, "espalier_prunings_total", **at, pruner=pruner, reason=reason)
        assert seen == count


@on_a_busy_machine
@given(views)
def test_values_that_do_not_exist_have_no_series(view):
    samples = scraped(registry_of(view))
    names = {name for name, _ in samples}
    assert ("espalier_best_value" in names) == (view.best_value is not None)
    assert ("espalier_best_mean" in names) == (view.best_mean is not None)
    assert ("espalier_best_mean_bound" in names) == (view.best_mean_interval is not None)
    shown = "espalier_false_prune_ratio_bound" in names
    assert shown == (view.false_prune_interval is not None)
    shown = "espalier_best_expected_value_bound" in names
    assert shown == (view.best_expected_interval is not None)


def test_a_deleted_study_leaves_no_series():
    now = [FULL, replace(FULL, study="other")]
    registry = build_registry(lambda: tuple(now), lambda: CONTROL, "0.1.0")
    assert any(("study", "digits") in labels for _, labels in scraped(registry))
    del now[0]
    left = scraped(registry)
    assert not any(("study", "digits") in labels for _, labels in left)
    assert any(("study", "other") in labels for _, labels in left)


def test_the_build_info_has_the_version():
    names = [labels for name, labels in scraped(registry_of()) if name == "espalier_build_info"]
    assert dict(names[0])["version"] == "0.1.0"
