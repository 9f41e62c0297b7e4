"""A linear classifier of the digits, with gauges for Prometheus."""

import argparse
import time

from prometheus_client import Gauge, start_http_server
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--alpha", type=float, default=1e-4)
parser.add_argument("--epochs", type=int, default=8)
options = parser.parse_args()

images, labels = load_digits(return_X_y=True)
seen, held_out, truth, unseen = train_test_split(images / 16, labels, random_state=0)
model = SGDClassifier(loss="log_loss", alpha=options.alpha, random_state=0)

val_accuracy = Gauge("val_accuracy", "Accuracy on what the model has not seen")
epochs_done = Gauge("epochs_done", "Epochs that were trained")
start_http_server(8000)

for epoch in range(1, options.epochs + 1):
    time.sleep(2.5)  # a larger data set would take this long to read
    model.partial_fit(seen, truth, classes=range(10))
    accuracy = model.score(held_out, unseen)
    val_accuracy.set(accuracy)
    epochs_done.set(epoch)
    print(f"epoch {epoch}: val_accuracy {accuracy!r}")
time.sleep(2.5)
