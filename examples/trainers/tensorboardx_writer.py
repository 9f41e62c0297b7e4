"""A linear classifier of the digits, watched in TensorBoard."""

import argparse
import time

from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import train_test_split
from tensorboardX import SummaryWriter

parser = argparse.ArgumentParser()
parser.add_argument("--alpha", type=float, default=1e-4)
parser.add_argument("--epochs", type=int, default=20)
options = parser.parse_args()

images, labels = load_digits(return_X_y=True)
seen, held_out, truth, unseen = train_test_split(images / 16, labels, random_state=0)
model = SGDClassifier(loss="log_loss", alpha=options.alpha, random_state=0)
writer = SummaryWriter("runs/digits")

for epoch in range(1, options.epochs + 1):
    time.sleep(1)  # a larger data set would take this long to read
    model.partial_fit(seen, truth, classes=range(10))
    accuracy = model.score(held_out, unseen)
    writer.add_scalar("Accuracy/val", accuracy, epoch)
    writer.add_scalar("Accuracy/train", model.score(seen, truth), epoch)
    writer.flush()
    print(f"epoch {epoch}: Accuracy/val {accuracy!r}")
writer.close()
