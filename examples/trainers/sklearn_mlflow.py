"""A linear classifier of the digits, logged with MLflow as its tutorials do."""

import argparse
import time

import mlflow
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--alpha", type=float, default=1e-4)
parser.add_argument("--epochs", type=int, default=20)
options = parser.parse_args()

images, labels = load_digits(return_X_y=True)
seen, held_out, truth, unseen = train_test_split(images / 16, labels, random_state=0)
model = SGDClassifier(loss="log_loss", alpha=options.alpha, random_state=0)

with mlflow.start_run():
    mlflow.log_param("alpha", options.alpha)
    for epoch in range(1, options.epochs + 1):
        time.sleep(1)  # a larger data set would take this long to read
        model.partial_fit(seen, truth, classes=range(10))
        accuracy = model.score(held_out, unseen)
        mlflow.log_metric("val/accuracy", accuracy, step=epoch)
        mlflow.log_metric("val/loss", log_loss(unseen, model.predict_proba(held_out)), step=epoch)
        print(f"epoch {epoch}: val/accuracy {accuracy!r}")
