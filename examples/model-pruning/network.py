"""A network whose weights can be cut: two hidden layers and a mask, in numpy."""

from itertools import pairwise

import numpy as np

SIZES = (64, 256, 128, 10)
BATCH = 16
MOMENTUM = np.float32(0.9)


class Network:
    """Weights, biases, and a mask that says which weights are left."""

    def __init__(self, rng):
        self.weights = [
            rng.normal(0.0, np.sqrt(2.0 / fan_in), (fan_in, fan_out)).astype(np.float32)
            for fan_in, fan_out in pairwise(SIZES)
        ]
        self.biases = [np.zeros(size, np.float32) for size in SIZES[1:]]
        self.masks = [np.ones_like(weight) for weight in self.weights]

    @property
    def kept(self):
        """The share of the weights that is left."""
        return sum(mask.sum() for mask in self.masks) / sum(mask.size for mask in self.masks)

    def snapshot(self):
        return [each.copy() for each in (*self.weights, *self.biases)]

    def rewind(self, snapshot):
        """Give the weights that are left, and the biases, the values that they once had."""
        for mine, then in zip((*self.weights, *self.biases), snapshot, strict=True):
            mine[:] = then
        self._apply_masks()

    def prune(self, kept, scope):
        """Cut the smallest weights until a share is left, of the whole or of each layer."""
        groups = [self.weights] if scope == "global" else [[weight] for weight in self.weights]
        masks = iter(self.masks)
        for group in groups:
            sizes = np.sort(np.concatenate([np.abs(weight).ravel() for weight in group]))
            limit = sizes[min(round((1.0 - kept) * sizes.size), sizes.size - 1)]
            for weight in group:
                np.greater_equal(np.abs(weight), limit, out=next(masks), casting="unsafe")
        self._apply_masks()

    def train(self, images, labels, lr, rng):
        """Train for an epoch: stochastic gradient descent with momentum, of what is left."""
        parameters = [*self.weights, *self.biases]
        masks = [*self.masks, *(np.float32(1.0) for _ in self.biases)]
        velocities = [np.zeros_like(each) for each in parameters]
        order = rng.permutation(len(labels))
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            gradients = self._gradients(images[chosen], labels[chosen])
            for each, velocity, gradient, mask in zip(
                parameters, velocities, gradients, masks, strict=True
            ):
                velocity *= MOMENTUM
                velocity -= np.float32(lr) * gradient * mask
                each += velocity

    def accuracy(self, images, labels):
        """Give the share of images whose class has the highest score; NaN once diverged."""
        scores = self._forward(images)[-1]
        if not np.isfinite(scores).all():
            return float("nan")
        return float((scores.argmax(axis=1) == labels).mean())

    def _apply_masks(self):
        for weight, mask in zip(self.weights, self.masks, strict=True):
            weight *= mask

    def _forward(self, images):
        layers = [images]
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            layers.append(np.maximum(layers[-1] @ weight + bias, 0.0))
        return [*layers, layers[-1] @ self.weights[-1] + self.biases[-1]]

    def _gradients(self, images, labels):
        """Give the gradients of the cross entropy: of the weights, then of the biases."""
        layers = self._forward(images)
        delta = np.exp(layers[-1] - layers[-1].max(axis=1, keepdims=True))
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
