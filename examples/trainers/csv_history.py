"""A linear classifier of the digits, with a table as Keras' CSVLogger writes it."""

import argparse
import csv
import os
import time

from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--alpha", type=float, default=1e-4)
parser.add_argument("--epochs", type=int, default=20)
options = parser.parse_args()

images, labels = load_digits(return_X_y=True)
seen, held_out, truth, unseen = train_test_split(images / 16, labels, random_state=0)
model = SGDClassifier(loss="log_loss", alpha=options.alpha, random_state=0)

os.makedirs("logs", exist_ok=True)
with open("logs/history.csv", "w", newline="") as file:
    history = csv.DictWriter(file, ["epoch", "accuracy", "val_accuracy"])
    history.writeheader()
    for epoch in range(options.epochs):
        time.sleep(1)  # a larger data set would take this long to read
        model.partial_fit(seen, truth, classes=range(10))
        accuracy = model.score(held_out, unseen)
        history.writerow(
            {"epoch": epoch, "accuracy": model.score(seen, truth), "val_accuracy": accuracy}
        )
        file.flush()
        print(f"epoch {epoch}: val_accuracy {accuracy!r}")
