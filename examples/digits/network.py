"""A network of two hidden layers, trained by back-propagation, in numpy."""

from itertools import pairwise

import numpy as np

HIDDEN = (512, 256)
CLASSES = 10


class Network:
    """Weights, and the gradients of the cross entropy with respect to them."""

    def __init__(self, inputs, rng):
        sizes = (inputs, *HIDDEN, CLASSES)
        self.weights = [
            rng.normal(0.0, np.sqrt(2.0 / fan_in), (fan_in, fan_out)).astype(np.float32)
            for fan_in, fan_out in pairwise(sizes)
        ]
        self.biases = [np.zeros(size, np.float32) for size in sizes[1:]]

    @property
    def parameters(self):
        return [*self.weights, *self.biases]

    def forward(self, images):
        """Give the activations of every layer; the last are the classes' scores."""
        layers = [images]
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            layers.append(np.maximum(layers[-1] @ weight + bias, 0.0))
        layers.append(layers[-1] @ self.weights[-1] + self.biases[-1])
        return layers

    def gradients(self, images, labels):
        """Give the gradient for every parameter, in the order of `parameters`."""
        layers = self.forward(images)
        scores = layers[-1] - layers[-1].max(axis=1, keepdims=True)
        delta = np.exp(scores)
        delta /= delta.sum(axis=1, keepdims=True)
        delta[np.arange(len(labels)), labels] -= 1.0
        delta /= len(labels)
        by_weight, by_bias = [], []
        for depth in reversed(range(len(self.weights))):
            by_weight.append(layers[depth].T @ delta)
            by_bias.append(delta.sum(axis=0))
            if depth:
                delta = (delta @ self.weights[depth].T) * (layers[depth] > 0.0)
        return [*by_weight[::-1], *by_bias[::-1]]

    def accuracy(self, images, labels):
        """Give the share of images whose class has the highest score; NaN once diverged."""
        scores = self.forward(images)[-1]
        if not np.isfinite(scores).all():
            return float("nan")
        return float((scores.argmax(axis=1) == labels).mean())
