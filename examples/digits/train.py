"""Trains a small network on the digits, epoch by epoch, and reports its validation accuracy."""

import argparse
import os
import signal
import sys
from pathlib import Path

import numpy as np
from network import Network
from optimizers import SGD, Adam
from report import report

BATCH = 16
VALIDATION = 360
COPIES = 3  # of each image in an epoch, each moved a little differently
STOPPED_BY_SIGTERM = 143


def main():
    # The process with the number 1 has no default handlers: without this line a pruned trial
    # would hold its GPU until the end of the grace period.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(STOPPED_BY_SIGTERM))
    options = read_options()
    rng = np.random.default_rng(options.seed)
    images, labels, seen, truth = load(options.data)
    network = Network(seen.shape[1], rng)
    optimizer = make_optimizer(network, options)
    for epoch in range(1, options.epochs + 1):
        with np.errstate(all="ignore"):  # a diverged network is a result too
            train_epoch(network, optimizer, images, labels, rng)
            accuracy = network.accuracy(seen, truth)
        print(f"epoch {epoch}: val_accuracy {accuracy:.4f}", flush=True)
        if report(epoch, accuracy):
            print("pruned: stopping", flush=True)
            return


def read_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--optimizer", choices=["sgd", "adam"], default="sgd")
    # Only trials with sgd have a momentum, so it comes by the environment, which may lack it.
    momentum = float(os.environ.get("PARAM_momentum", "0"))  # noqa: SIM112
    parser.add_argument("--momentum", type=float, default=momentum)
    parser.add_argument("--epochs", type=int, default=27)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", type=Path, default=Path(__file__).with_name("digits.npz"))
    return parser.parse_args()


def load(path):
    """Give training images and labels, and validation images and labels."""
    with np.load(path) as digits:
        images = digits["images"].astype(np.float32) / 16.0
        labels = digits["labels"].astype(np.intp)
    order = np.random.default_rng(0).permutation(len(labels))
    held_out, rest = order[:VALIDATION], order[VALIDATION:]
    return images[rest], labels[rest], images[held_out].reshape(VALIDATION, -1), labels[held_out]


def shifted(images, rng):
    """Give each image moved by at most a pixel, flattened: there are few, so vary them."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    height, width = images.shape[1:]
    moves = rng.integers(0, 3, size=(len(images), 2))
    moved = [
        image[down : down + height, right : right + width].ravel()
        for image, (down, right) in zip(padded, moves, strict=True)
    ]
    return np.stack(moved)


def make_optimizer(network, options):
    if options.optimizer == "adam":
        return Adam(network.parameters, options.lr)
    return SGD(network.parameters, options.lr, options.momentum)


def train_epoch(network, optimizer, images, labels, rng):
    images, labels = shifted(np.tile(images, (COPIES, 1, 1)), rng), np.tile(labels, COPIES)
    order = rng.permutation(len(labels))
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        optimizer.step(network.gradients(images[chosen], labels[chosen]))


if __name__ == "__main__":
    main()
