"""Writes scikit-learn's digits as one .npz, so that the trainer's image needs only numpy."""

import sys

import numpy as np
from sklearn.datasets import load_digits


def main(path: str) -> None:
    digits = load_digits()
    np.savez_compressed(
        path, images=digits.images.astype(np.uint8), labels=digits.target.astype(np.uint8)
    )


if __name__ == "__main__":
    main(sys.argv[1])
