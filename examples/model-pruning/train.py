"""Prunes a network in rounds, by magnitude, and reports after each what it is worth by then.

The network is trained; then each round cuts its smallest weights, gives those that are left their
early values back if it is told to rewind, and trains it on. What is tuned is the schedule.
"""

import argparse
import os
import signal
import sys
from pathlib import Path

import numpy as np
from espalier_report import report, should_prune
from network import Network

DENSE_EPOCHS, DENSE_LR = 12, 0.02
VALIDATION = 600
PRICE = 0.5  # what a network loses for the weights that it keeps: half a point for each percent
STOPPED_BY_SIGTERM = 143


def main():
    # The process with the number 1 has no default handlers: without this line a pruned trial
    # would hold its node until the end of the grace period.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(STOPPED_BY_SIGTERM))
    options = read_options()
    rng = np.random.default_rng(options.seed)
    seen, truth, held_out, unseen = load(options.data)
    network = Network(rng)
    early = train_dense(network, seen, truth, rng)
    for step in range(1, options.rounds + 1):
        kept = share_kept(step / options.rounds, options)
        network.prune(kept, options.scope)
        if options.rewind_epoch is not None:
            network.rewind(early[options.rewind_epoch])
        with np.errstate(all="ignore"):  # a diverged network is a result too
            for _ in range(options.epochs):
                network.train(seen, truth, options.lr, rng)
            accuracy = network.accuracy(held_out, unseen)
        # What the network would be worth if its pruning ended here: schedules that cut early pay in
        # accuracy, those that cut late in weights, so that a round of either can be compared.
        score = accuracy - PRICE * network.kept
        report(step, score, accuracy=accuracy, sparsity=1.0 - network.kept)
        print(
            f"round {step}: score {score:.4f}, accuracy {accuracy:.4f} with "
            f"{100 * network.kept:.1f} % of the weights",
            flush=True,
        )
        if should_prune():
            print("pruned: stopping", flush=True)
            return


def read_options():
    given = os.environ.get
    parser = argparse.ArgumentParser()
    parser.add_argument("--sparsity", type=float, default=0.95)
    parser.add_argument("--shape", choices=["linear", "cubic", "geometric"], default="geometric")
    parser.add_argument("--scope", choices=["layer", "global"], default="global")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--lr", type=float, default=0.01)
    # Only trials that rewind have an epoch to rewind to: it comes by the environment alone.
    rewind_epoch = given("PARAM_rewindEpoch") and int(given("PARAM_rewindEpoch"))
    parser.add_argument("--rewind-epoch", type=int, default=rewind_epoch)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seed", type=int, default=int(given("ESPALIER_SEED", "0")))
    parser.add_argument("--data", type=Path, default=Path(__file__).with_name("digits.npz"))
    return parser.parse_args()


def load(path):
    """Give training images and labels, and validation images and labels."""
    with np.load(path) as digits:
        images = digits["images"].reshape(len(digits["labels"]), -1).astype(np.float32) / 16.0
        labels = digits["labels"].astype(np.intp)
    order = np.random.default_rng(0).permutation(len(labels))
    held_out, rest = order[:VALIDATION], order[VALIDATION:]
    return images[rest], labels[rest], images[held_out], labels[held_out]


def train_dense(network, images, labels, rng):
    """Train all weights; give what the parameters were before each epoch, and after the last."""
    early = [network.snapshot()]
    for _ in range(DENSE_EPOCHS):
        network.train(images, labels, DENSE_LR, rng)
        early.append(network.snapshot())
    return early


def share_kept(progress, options):
    """Give the share of the weights that is left at some progress, from 0 to 1."""
    if options.shape == "geometric":  # the same part of what is left, in each round
        return (1.0 - options.sparsity) ** progress
    cut = progress if options.shape == "linear" else 1.0 - (1.0 - progress) ** 3
    return 1.0 - options.sparsity * cut


if __name__ == "__main__":
    main()
