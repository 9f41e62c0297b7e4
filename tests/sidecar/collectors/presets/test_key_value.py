"""Preset KeyValue: a line of a log, and what is read in it."""

import pytest

from espalier_sidecar.errors import BadReport
from tests.sidecar.collectors.reading_logs import Value, read, values_of

INF, NAN = float("inf"), float("nan")

LINES: dict[str, tuple[str, list[Value]]] = {
    "a name, a sign and a number": ("epoch 3 val_loss=0.31", [("val_loss", 3, 0.31)]),
    "a colon is as good": ("Epoch 3: val_loss: 0.31", [("val_loss", 3, 0.31)]),
    "several on a line": (
        "epoch=3 loss=0.5, acc=0.9; f1 = .8",
        [("loss", 3, 0.5), ("acc", 3, 0.9), ("f1", 3, 0.8)],
    ),
    "an epoch of so many": ("Epoch 3/27 - loss: 0.5", [("loss", 3, 0.5)]),
    "an epoch in brackets": ("Epoch [3/27] loss: 0.5", [("loss", 3, 0.5)]),
    "an epoch with a number sign": ("epoch #3 | loss: 0.5", [("loss", 3, 0.5)]),
    "a step": ("step=300 loss=0.5", [("loss", 300, 0.5)]),
    "a step in words": ("Step 300: loss=0.5", [("loss", 300, 0.5)]),
    "a global step": ("global_step: 300 loss: 0.5", [("loss", 300, 0.5)]),
    "a round, an iteration": (
        "round 3 loss=1\niteration: 4, loss=2",
        [("loss", 3, 1), ("loss", 4, 2)],
    ),
    "step 0 is step 0": ("epoch 0 loss=0.5", [("loss", 0, 0.5)]),
    "a step as Hugging Face writes it": ("{'loss': 0.5, 'epoch': 1.0}", [("loss", 1, 0.5)]),
    "a fraction of an epoch is left to stepScale": ("epoch 0.5 loss=1", [("loss", 0.5, 1)]),
    "a step on a line above": (
        "Epoch 1/2\nloss: 0.5\n\nEpoch 2/2\nloss: 0.4",
        [
            ("loss", 1, 0.5),
            ("loss", 2, 0.4),
        ],
    ),
    "no step at all": ("loss=0.5\nloss=0.4", [("loss", None, 0.5), ("loss", None, 0.4)]),
    "the best epoch is not the line's": ("best epoch: 3, loss: 0.5", [("loss", None, 0.5)]),
    "nor is one that a checkpoint has": (
        "Epoch 7\nrestored the checkpoint from epoch 3\nloss: 0.5",
        [("loss", 7, 0.5)],
    ),
    "nor is the number of epochs": ("epochs=10 steps: 20 loss=0.5", [("loss", None, 0.5)]),
    "names of code": (
        "epoch 1 eval/loss=1 val-acc=2 metrics/mAP50-95(B): 3 mAP@0.5=4 _x=5",
        [
            ("eval/loss", 1, 1),
            ("val-acc", 1, 2),
            ("metrics/mAP50-95(B)", 1, 3),
            ("mAP@0.5", 1, 4),
            ("_x", 1, 5),
        ],
    ),
    "names in quotes": (
        """{"valid_0's l2": 0.5, 'val loss': 0.4}""",
        [("valid_0's l2", None, 0.5), ("val loss", None, 0.4)],
    ),
    "names of several words": (
        "Epoch 3 train loss: 0.30 val loss: 0.45, Best F1: 0.9",
        [("train loss", 3, 0.3), ("val loss", 3, 0.45), ("Best F1", 3, 0.9)],
    ),
    "words of a sentence are no name": (
        "Finished the training with loss: 0.5 and an accuracy of acc=0.9",
        [("loss", None, 0.5), ("acc", None, 0.9)],
    ),
    "how important a line is is no name": (
        "2024-01-01 12:00:00,123 - my.train - INFO loss: 0.5",
        [("loss", None, 0.5)],
    ),
    "a logger's prefix": ("INFO:root:loss: 0.5", [("loss", None, 0.5)]),
    "a bracket around": ("[loss: 0.5] (acc=0.9)", [("loss", None, 0.5), ("acc", None, 0.9)]),
    "numbers of any form": (
        "a1=-1.5e-06, b1=+3 c1=1_000 d1=5. e1=1E5",
        [
            ("a1", None, -1.5e-06),
            ("b1", None, 3),
            ("c1", None, 1000),
            ("d1", None, 5),
            ("e1", None, 100000.0),
        ],
    ),
    "what is not finite": (
        "a1=inf b1: -Infinity c1=INF",
        [("a1", None, INF), ("b1", None, -INF), ("c1", None, INF)],
    ),
    "a percentage is its number": (
        "acc: 93.1% loss=0.9%",
        [("acc", None, 93.1), ("loss", None, 0.9)],
    ),
    "numbers that are objects": (
        "a1=np.float64(0.3) b1=tensor(0.4, device='cuda:0') c1: Array(0.5, dtype=float32)",
        [("a1", None, 0.3), ("b1", None, 0.4), ("c1", None, 0.5)],
    ),
    "numbers in quotes": ("{'eval_loss': '0.5'}", [("eval_loss", None, 0.5)]),
    "a comma, a full stop, a bracket behind": (
        "loss=0.91, acc=0.92. (f1=0.93)",
        [("loss", None, 0.91), ("acc", None, 0.92), ("f1", None, 0.93)],
    ),
    "a deviation is left out": (
        "auc: 0.5 ± 0.1, f1: 0.4+/-0.2",
        [("auc", None, 0.5), ("f1", None, 0.4)],
    ),
    "clocks are no values": ("ETA: 0:12 time: 12:30:01 took: 3.2s eta=3", []),
    "dates, versions and addresses are none": (
        "date: 2024-01-01 version: 1.2.3 torch=2.1.0 host: 10.0.0.1 at localhost:9321 a.py:10",
        [],
    ),
    "fractions, units and pairs are none": ("Accuracy: 98/100 (98%) rate: 3it/s x: 3x4", []),
    "none and null are none": ("auc=None loss=null acc: N/A", []),
    "what counts and what was given are none": ("lr=0.001 learning_rate: 1e-3 batch: 3 seed=1", []),
    "a batch's value counts at the epoch's end": (
        "Epoch [1/2], Step [100/200], Loss: 0.9\nEpoch [1/2], Step [200/200], Loss: 0.8\n"
        "Epoch [2/2], Step [100/200], Loss: 0.7",
        [("Loss", 1, 0.8), ("Loss", 2, 0.7)],
    ),
    "the MNIST example that everybody copies": (
        "Train Epoch: 1 [0/60000 (0%)]\tLoss: 2.300039\n"
        "Train Epoch: 1 [640/60000 (1%)]\tLoss: 1.213\n\n"
        "Test set: Average loss: 0.0505, Accuracy: 9832/10000 (98%)\n\n"
        "Train Epoch: 2 [0/60000 (0%)]\tLoss: 0.3\n",
        [("Average loss", 1, 0.0505), ("Loss", 1, 1.213), ("Loss", 2, 0.3)],
    ),
    "the quick start of PyTorch": (
        "Epoch 1\n-------------------------------\nloss: 2.303494  [   64/60000]\n"
        "loss: 2.294637  [ 6464/60000]\nTest Error: \n Accuracy: 50.9%, Avg loss: 2.150 \n\n",
        [("Accuracy", 1, 50.9), ("Avg loss", 1, 2.15), ("loss", 1, 2.294637)],
    ),
    "a bar that is redrawn has its last values": (
        "Epoch 1:  50%|#  | 1/2 [00:01<00:01, 1.0it/s, loss=0.9]\r"
        "Epoch 1: 100%|###| 2/2 [00:02<00:00, 1.0it/s, loss=0.8]\n",
        [("loss", 1, 0.8)],
    ),
    "a line is printed into a bar": (
        "\r 50%|#  | 1/2 [00:01<00:01, 1.0it/s]epoch 1 loss=0.9\n",
        [("loss", 1, 0.9)],
    ),
    "colours are taken off": (
        "epoch \x1b[1m3\x1b[0m val_loss: \x1b[32m0.31\x1b[0m\x1b[K",
        [("val_loss", 3, 0.31)],
    ),
    "a wide table of Transformer-XL's": (
        "| epoch   1 | 200/2983 batches | loss= 7.6",
        [("loss", 1, 7.6)],
    ),
}

FAULTS = {
    "a decimal comma": ("loss=0,91", "with a decimal point; came '0,91'"),
    "separators of thousands": ("loss=1,234.5", "without separators of thousands; came '1,234.5'"),
    "a step with separators of thousands": ("step 1,000 loss=1", "came '1,000'"),
    "a name twice in a line": (
        "Train: loss=0.3 | Val: loss=0.5",
        "expected one value of 'loss' in a line; came several",
    ),
}


@pytest.mark.parametrize(("line", "values"), LINES.values(), ids=LINES)
def test_a_line_is_read_so(line: str, values: list[Value]) -> None:
    assert values_of(line) == values


@pytest.mark.parametrize(("line", "fault"), FAULTS.values(), ids=FAULTS)
def test_a_line_is_refused_rather_than_misread(line: str, fault: str) -> None:
    with pytest.raises(BadReport) as raised:
        values_of(line)
    assert fault in str(raised.value)


def test_nan_is_a_value() -> None:
    (value,) = values_of("epoch 1 loss=nan")
    assert value[:2] == ("loss", 1)
    assert value[2] != value[2]


def test_one_that_is_refused_takes_no_other_with_it() -> None:
    first, second, fault = read("epoch 1 a1=1 loss=0,91 b1=2")
    assert (first, second) == (("a1", 1, 1), ("b1", 1, 2))
    assert isinstance(fault, BadReport)
