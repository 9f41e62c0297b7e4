"""Keras' own TensorBoard callback in a real training; run where Keras is.

The callback writes through `tensorflow.summary`, which is no part of Keras: in its place stands
a module of TensorBoard's own writer and messages. Prints what was logged: one JSON object a line.
The arguments are the directory to write into, and where to import tensorboard from.
"""

import contextlib
import json
import os
import sys
from collections.abc import Iterator

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np

sys.path.append(sys.argv[2])

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tensorboard.util.tensor_util import make_tensor_proto


class SummaryModule:
    """What the callback uses of `tensorflow.summary`."""

    def __init__(self) -> None:
        self._writer: EventFileWriter | None = None

    def create_file_writer(self, directory: str) -> "Writer":
        return Writer(self, directory)

    def scalar(self, name: str, value: float, step: int) -> None:
        if self._writer is None:
            return  # so does TensorFlow
        tensor = make_tensor_proto(np.float32(value))
        summary = Summary(value=[Summary.Value(tag=name, tensor=tensor)])
        self._writer.add_event(Event(step=int(step), wall_time=1.0, summary=summary))


class Writer:
    def __init__(self, module: SummaryModule, directory: str) -> None:
        self._module = module
        self._file = EventFileWriter(directory)
        self.close = self._file.close

    @contextlib.contextmanager
    def as_default(self, step: int | None = None) -> Iterator[None]:
        self._module._writer = self._file
        yield
        self._module._writer = None


def main(directory: str) -> None:
    callback = keras.callbacks.TensorBoard(directory, write_graph=False)
    callback._summary_module = SummaryModule()
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse", metrics=["mae"])
    x = np.arange(64.0).reshape(32, 2) / 64
    y = x.sum(axis=1)
    history = model.fit(
        x, y, epochs=4, validation_data=(x, y), callbacks=[callback], verbose=0
    ).history
    for name, values in history.items():
        split, tag = ("validation", name[4:]) if name.startswith("val_") else ("train", name)
        for step, value in enumerate(values):
            print(json.dumps([f"{split}/epoch_{tag}", step, float(np.float32(value))]))


main(sys.argv[1])
