"""`python -m tools.trainers` makes all environments, or those that are named."""

from __future__ import annotations

import sys

from tools.trainers import NAMES, python_of

for name in sys.argv[1:] or NAMES:
    print(python_of(name))
