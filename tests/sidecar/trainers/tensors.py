"""Scalars as TensorFlow 2 writes them, by TensorBoard's own writer; run where tensorboard is.

Prints what it logged: one JSON object a line. The argument is the directory that it writes into.
"""

import json
import sys

import numpy as np
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.types_pb2 import DataType
from tensorboard.plugins.scalar.metadata import create_summary_metadata
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tensorboard.util.tensor_util import make_tensor_proto

TYPES = ("float16", "float32", "float64", "int32", "int64", "uint8")


def summary(tag: str, tensor: TensorProto, first: bool) -> Summary:
    """Write as `tf.summary.scalar` does: what the value is, is said with the first alone."""
    metadata = create_summary_metadata("", "") if first else None
    return Summary(value=[Summary.Value(tag=tag, tensor=tensor, metadata=metadata)])


def as_content(number: float) -> TensorProto:
    return TensorProto(dtype=DataType.DT_FLOAT, tensor_content=np.float32(number).tobytes())


def main(directory: str) -> None:
    for split in ("train", "validation"):
        writer = EventFileWriter(f"{directory}/fit/{split}")
        for step in range(10):
            loss = float(np.float32(1 / (step + (1.5 if split == "train" else 2.5))))
            values = [summary("epoch_loss", as_content(loss), step == 0)]
            print(json.dumps([f"{split}/epoch_loss", step, loss]))
            for name in TYPES:
                number = np.dtype(name).type(step * 3 + 0.25)
                values.append(summary(name, make_tensor_proto(number), step == 0))
                print(json.dumps([f"{split}/{name}", step, float(number)]))
            values.append(summary("several", make_tensor_proto(np.ones(3)), step == 0))
            values.append(summary("text", make_tensor_proto("text"), step == 0))
            for value in values:
                writer.add_event(Event(step=step, wall_time=step, summary=value))
        writer.close()


main(sys.argv[1])
