"""A training whose values Keras' own CSVLogger writes.

`keras_csv.py FILE`: prints what Keras logs, a value a line, as JSON.
"""

import json
import os
import sys

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy


class Print(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        for name, value in logs.items():
            print(json.dumps([name, epoch, float(value)]), flush=True)


def main(file):
    keras.utils.set_random_seed(7)
    x = numpy.random.default_rng(7).random((64, 3))
    y = x.sum(axis=1)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    # Twice: with append=True the second goes on in the same file, as after a checkpoint.
    for begin in (0, 3):
        table = keras.callbacks.CSVLogger(file, append=True)
        model.fit(
            x,
            y,
            epochs=begin + 3,
            initial_epoch=begin,
            validation_data=(x, y),
            validation_freq=2,
            verbose=0,
            callbacks=[table, Print()],
        )


if __name__ == "__main__":
    main(sys.argv[1])
