"""A training with Keras and the report library; run where Keras is.

It prints each epoch's logs, and at the end how many epochs were trained.
"""

import json
import os

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np
from espalier_report import keras_callback

rng = np.random.default_rng(0)
x, y = rng.normal(size=(64, 4)), rng.integers(0, 2, 64)
model = keras.Sequential([keras.layers.Dense(4), keras.layers.Dense(1, activation="sigmoid")])
model.compile(loss="binary_crossentropy", metrics=["accuracy"])


class Printed(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        print(json.dumps({"step": epoch + 1, **logs}), flush=True)
        if os.environ.get("WAIT_FOR_PRUNE") and epoch == 2:
            while not os.path.exists(os.environ["ESPALIER_PRUNE_FILE"]):
                pass


model.fit(
    x,
    y,
    epochs=6,
    validation_split=0.25,
    verbose=0,
    callbacks=[Printed(), keras_callback()],
)
