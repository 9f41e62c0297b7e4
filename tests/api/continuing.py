"""What is wrong with what a Study begins with: its own configurations, and earlier studies."""

from __future__ import annotations

from typing import Any

from tests.api.bad import Bad, Spec


def _enqueue(*configurations: Any) -> Any:
    return lambda spec: spec.update(enqueue=list(configurations))


def _warm(**warm_start: Any) -> Any:
    def change(spec: Spec) -> None:
        spec["warmStart"] = {"studies": [{"name": "digits-1"}], **warm_start}

    return change


def _studies(*studies: Any) -> Any:
    return _warm(studies=list(studies))


GOOD = {"lr": 0.1, "optimizer": "sgd", "momentum": 0.5, "layers": 2}
CONTINUING: dict[str, Bad] = {
    "a configuration with a value out of range": Bad(
        _enqueue(GOOD, GOOD, {**GOOD, "lr": 7}),
        None,
        (
            "spec.enqueue[2].lr",
            "expected what the study allows, numbers from 0.0001 to 1.0 on a log scale, got 7;",
        ),
    ),
    "a configuration with a text for a number": Bad(
        _enqueue({"lr": "0.1"}),
        None,
        ("spec.enqueue[0].lr", "expected what the study allows, numbers from 0.0001 to 1.0"),
    ),
    "a configuration with a parameter that is none": Bad(
        _enqueue({"lr": 0.1, "learning_rate": 0.1}),
        None,
        ("spec.enqueue[0].learning_rate", "(lr, optimizer, momentum, layers), got 'learning_rate'"),
    ),
    "a configuration with a parameter that takes no part": Bad(
        _enqueue({"optimizer": "adam", "momentum": 0.5}),
        None,
        ("spec.enqueue[0].momentum", "takes part only where optimizer is sgd, got 0.5; remove it"),
    ),
    "a part of a configuration that may take no part": Bad(
        _enqueue({"momentum": 0.5}),
        None,
        ("spec.enqueue[0].momentum", "expected optimizer beside it, since momentum takes part"),
    ),
    "an empty configuration": Bad(
        _enqueue(GOOD, {}),
        None,
        ("spec.enqueue[1]", "expected the value of at least one parameter, got none; add one"),
    ),
    "a configuration with a list": Bad(
        _enqueue({"lr": [0.1]}),
        ("spec.enqueue[0].lr", "must have at most 0 items"),
        ("spec.enqueue[0].lr", "expected a string, a number or a boolean"),
    ),
    "more configurations than there is room for": Bad(
        _enqueue(*[GOOD] * 101),
        ("spec.enqueue", "must have at most 100 items"),
        ("spec.enqueue", "at most 100 items"),
    ),
    "a warm start from nowhere": Bad(
        _warm(studies=[]),
        ("spec.warmStart", "studies or from is needed; say where the trials come from"),
        ("spec.warmStart", "expected studies or from, got neither; say where"),
    ),
    "a study without a name or a selector": Bad(
        _studies({}),
        ("spec.warmStart.studies[0]", "exactly one of name and selector is needed"),
        ("spec.warmStart.studies[0]", "exactly one of name and selector, got none; keep"),
    ),
    "a study with both": Bad(
        _studies({"name": "a", "selector": {"matchLabels": {"a": "b"}}}),
        ("spec.warmStart.studies[0]", "exactly one of name and selector is needed"),
        ("spec.warmStart.studies[0]", "exactly one of name and selector, got name and selector"),
    ),
    "a selector of everything": Bad(
        _studies({"selector": {}}),
        ("spec.warmStart.studies[0].selector", "a selector needs matchLabels or matchExpressions"),
        ("spec.warmStart.studies[0].selector", "matchLabels or matchExpressions, got neither"),
    ),
    "a selector of values without any": Bad(
        _studies({"selector": {"matchExpressions": [{"key": "a", "operator": "In"}]}}),
        (
            "spec.warmStart.studies[0].selector.matchExpressions[0].values",
            "In and NotIn need values, Exists and DoesNotExist have none",
        ),
        (
            "spec.warmStart.studies[0].selector.matchExpressions[0].values",
            "expected values, since operator is In, got 0; add or remove them",
        ),
    ),
    "a selector of presence with values": Bad(
        _studies(
            {
                "selector": {
                    "matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]
                }
            }
        ),
        (
            "spec.warmStart.studies[0].selector.matchExpressions[0].values",
            "In and NotIn need values, Exists and DoesNotExist have none",
        ),
        (
            "spec.warmStart.studies[0].selector.matchExpressions[0].values",
            "expected no values, since operator is Exists, got 1; add or remove them",
        ),
    ),
    "a study's name that none can have": Bad(
        _studies({"name": "Digits_1"}),
        ("spec.warmStart.studies[0].name", "should match"),
        ("spec.warmStart.studies[0].name", 'got "Digits_1"'),
    ),
    "a parameter mapped onto none of the study's": Bad(
        _warm(parameters=[{"name": "learning_rate", "was": "lr"}]),
        ("spec.warmStart.parameters", "warmStart.parameters may name the study's parameters alone"),
        ("spec.warmStart.parameters", "(lr, optimizer, momentum, layers), got learning_rate;"),
    ),
    "a mapping that says nothing": Bad(
        _warm(parameters=[{"name": "lr"}]),
        None,
        ("spec.warmStart.parameters[0]", "expected was or fill, got neither"),
    ),
    "a fill that is not allowed": Bad(
        _warm(parameters=[{"name": "optimizer", "fill": "lion"}]),
        None,
        (
            "spec.warmStart.parameters[0].fill",
            "expected what the study allows, one of sgd, adam, got 'lion'",
        ),
    ),
    "a parameter mapped twice": Bad(
        _warm(parameters=[{"name": "lr", "was": "a"}, {"name": "lr", "was": "b"}]),
        ("spec.warmStart.parameters[1]", "Duplicate value"),
        ("spec.warmStart.parameters[1].name", "'lr' for the second time; keep one of the two"),
    ),
}
