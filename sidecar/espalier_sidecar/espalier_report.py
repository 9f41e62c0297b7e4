"""Report a training's values to Espalier, in one line; nothing to install.

    from espalier_report import report, should_prune

    for epoch in range(1, epochs + 1):
        loss, accuracy = train_and_validate()
        report(epoch, accuracy, val_loss=loss)
        if should_prune():
            break

In a trial of Espalier's this file lies in `/espalier/python`, which is on `PYTHONPATH`. Copy it
beside your own code to run that elsewhere too: outside of a trial nothing is written, and nothing
is ever pruned. No function here raises an error, wherever it runs: what cannot be reported is said
in the log (of the logger `espalier_report`), and the training goes on.

It needs Python 3.8 and the standard library. Frameworks are imported by their callbacks alone:
`keras_callback`, `lightning_callback`, `hugging_face_callback` and `xgboost_callback`.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, SupportsFloat

__all__ = [
    "hugging_face_callback",
    "keras_callback",
    "lightning_callback",
    "report",
    "should_prune",
    "xgboost_callback",
]

_log = logging.getLogger("espalier_report")
_said: set[str] = set()


def report(
    step: SupportsFloat, value: SupportsFloat | None = None, **metrics: SupportsFloat
) -> None:
    """Report the values of a step.

    Parameters
    ----------
    step
        The step, such as the epoch: a whole number from 0 on. The first value of a step stays.
    value
        The value of the study's own metric; NaN and infinities mean that the training diverged.
    metrics
        Values of other metrics, by their names; the study's own may be among them. Arrays and
        tensors with one element are numbers too.
    """
    _write(step, {} if value is None else {"": value}, metrics)


def should_prune() -> bool:
    """Whether the trial was pruned: then end the training, its result is not needed any more.

    A trial that does not ask is ended by Espalier all the same, with a SIGTERM.
    """
    path = os.environ.get("ESPALIER_PRUNE_FILE")
    return path is not None and os.path.exists(path)


def keras_callback(metric: str | None = None) -> Any:
    """Return a callback for Keras: it reports each epoch's logs, and stops a pruned training.

        model.fit(x, y, validation_data=..., callbacks=[keras_callback()])

    The step is the number of epochs that are done, from 1 on.

    Parameters
    ----------
    metric
        The log that is the study's metric, where that has another name.
    """
    keras: Any = _first_of("keras", "tensorflow.keras")

    class EspalierReport(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
            _report_logs(epoch + 1, logs or {}, metric)
            if should_prune():
                self.model.stop_training = True

    return EspalierReport()


def lightning_callback(metric: str | None = None) -> Any:
    """Return a callback for Lightning: it reports what is logged, and stops a pruned training.

        Trainer(callbacks=[lightning_callback()])

    The step is the number of epochs that are done, from 1 on. Where there is a validation, epochs
    without one are left out, since Lightning keeps the values of the one before.

    Parameters
    ----------
    metric
        The name that is the study's metric, where that has another one.
    """
    lightning: Any = _first_of("lightning.pytorch", "pytorch_lightning")

    class EspalierReport(lightning.Callback):  # type: ignore[misc]
        validated = False

        def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
            self.validated = False

        def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
            self.validated = not trainer.sanity_checking

        def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
            fresh = self.validated or not trainer.enable_validation
            if fresh and trainer.is_global_zero:
                _report_logs(trainer.current_epoch + 1, trainer.callback_metrics, metric)
            # All processes stop together, whichever of them sees the notice first.
            if trainer.strategy.reduce_boolean_decision(should_prune(), all=False):
                trainer.should_stop = True

    return EspalierReport()


def hugging_face_callback(metric: str | None = None, step: str = "epoch") -> Any:
    """Return a callback for Hugging Face's Trainer, which also stops a pruned training.

        Trainer(..., callbacks=[hugging_face_callback()])

    Several processes are not stopped from here, since they would not stop together; Espalier
    ends them with a SIGTERM.

    Parameters
    ----------
    metric
        The log that is the study's metric, where that has another name.
    step
        `epoch`: what is logged at the ends of epochs is reported, as with
        `eval_strategy="epoch"`; or `global_step`: all that is logged.
    """
    transformers: Any = import_module("transformers.trainer_callback")

    class EspalierReport(transformers.TrainerCallback):  # type: ignore[misc]
        def on_log(
            self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any
        ) -> None:
            at = state.global_step if step == "global_step" else state.epoch
            if state.is_world_process_zero and at is not None and float(at).is_integer():
                named = {name: each for name, each in (logs or {}).items() if name != "epoch"}
                _report_logs(at, named, metric)

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if args.world_size <= 1 and should_prune():
                control.should_training_stop = True

    return EspalierReport()


def xgboost_callback(metric: str | None = None) -> Any:
    """Return a callback for XGBoost: it reports each round, and stops a pruned training.

        xgboost.train(..., evals=[(valid, "valid")], callbacks=[xgboost_callback()])

    The step is the number of rounds that are done, from 1 on; a metric is called as XGBoost
    prints it: `valid-auc`.

    Parameters
    ----------
    metric
        The name that is the study's metric, where that has another one.
    """
    xgboost: Any = import_module("xgboost.callback")

    class EspalierReport(xgboost.TrainingCallback):  # type: ignore[misc]
        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            # Of a cross-validation, a value has its standard deviation with it.
            newest = {
                f"{data}-{name}": values[-1][0] if isinstance(values[-1], tuple) else values[-1]
                for data, metrics in evals_log.items()
                for name, values in metrics.items()
            }
            _report_logs(epoch + 1, newest, metric)
            return should_prune()

    return EspalierReport()


def _report_logs(step: Any, logs: Mapping[str, Any], metric: str | None) -> None:
    """Report what a framework has logged; one of it may be the study's metric."""
    others = {name: value for name, value in logs.items() if name != metric}
    _write(step, {"": logs[metric]} if metric is not None and metric in logs else {}, others)


def _write(step: Any, own: Mapping[str, Any], metrics: Mapping[str, Any]) -> None:
    """Append a line for each value to the file that Espalier's sidecar reads."""
    try:
        at = float(step)
        if at < 0 or not at.is_integer():
            raise ValueError("a step is a whole number from 0 on")
    except Exception as error:
        _say(f"cannot report step {step!r}: {error}")
        return
    lines = ""
    for name, value in [*own.items(), *metrics.items()]:
        try:
            found = {"step": int(at), "value": float(value)}
        except Exception as error:
            _say(f"cannot report {name or 'the value'} of step {step!r}: {error}")
            continue
        lines += json.dumps({**found, "metric": name} if name else found) + "\n"
    path = os.environ.get("ESPALIER_REPORT_FILE")
    if not path or not lines:
        return
    try:
        # In one write: lines of several processes do not mix.
        with open(path, "ab", buffering=0) as file:
            file.write(lines.encode())
    except OSError as error:
        _say(f"cannot write {path}: {error}")


def _say(message: str) -> None:
    """Say something once: a training loop can be very regular."""
    if len(_said) < 100 and message not in _said:
        _said.add(message)
        _log.warning("%s", message)


def _first_of(*names: str) -> Any:
    """Return the module that the training has imported, else the first that there is."""
    for name in names:
        if name in sys.modules:
            return sys.modules[name]
    for name in names[:-1]:
        try:
            return import_module(name)
        except ImportError:
            continue
    return import_module(names[-1])
