"""Two ways to follow a gradient."""

import numpy as np


class SGD:
    """Stochastic gradient descent with momentum."""

    def __init__(self, parameters, lr, momentum):
        self.parameters, self.lr, self.momentum = parameters, np.float32(lr), np.float32(momentum)
        self.velocities = [np.zeros_like(parameter) for parameter in parameters]

    def step(self, gradients):
        for parameter, velocity, gradient in zip(
            self.parameters, self.velocities, gradients, strict=True
        ):
            velocity *= self.momentum
            velocity -= self.lr * gradient
            parameter += velocity


class Adam:
    """Kingma and Ba, 2015, algorithm 1."""

    def __init__(self, parameters, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
        self.parameters, self.lr = parameters, lr
        self.beta1, self.beta2, self.epsilon = map(np.float32, (beta1, beta2, epsilon))
        self.means = [np.zeros_like(parameter) for parameter in parameters]
        self.squares = [np.zeros_like(parameter) for parameter in parameters]
        self.time = 0

    def step(self, gradients):
        self.time += 1
        rate = np.float32(
            self.lr * np.sqrt(1.0 - self.beta2**self.time) / (1.0 - self.beta1**self.time)
        )
        one = np.float32(1.0)
        for parameter, mean, square, gradient in zip(
            self.parameters, self.means, self.squares, gradients, strict=True
        ):
            mean += (one - self.beta1) * (gradient - mean)
            square += (one - self.beta2) * (gradient * gradient - square)
            parameter -= rate * mean / (np.sqrt(square) + self.epsilon)
