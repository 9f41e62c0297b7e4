"""A training with Keras that prints as it does by itself; the history goes to a file."""

import json
import os
import sys

os.environ["KERAS_BACKEND"] = "jax"
import keras
import numpy as np

verbose, history = int(sys.argv[1]), sys.argv[2]
keras.utils.set_random_seed(1)
x = np.random.default_rng(1).random((240, 4), "float32")
y = (x.sum(1) > 2).astype("float32")
model = keras.Sequential([keras.layers.Dense(4), keras.layers.Dense(1, activation="sigmoid")])
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
fit = model.fit(x, y, batch_size=2, epochs=3, verbose=verbose, validation_split=0.2)
model.evaluate(x, y, verbose=verbose)
with open(history, "w") as file:
    rows = [(name, at + 1, v) for name, all_ in fit.history.items() for at, v in enumerate(all_)]
    json.dump(rows, file, default=float)
