"""How much is tried: little enough for every run, or more by ESPALIER_EXAMPLES=500.

In every run the laws are tried with the same examples; a thorough run draws new ones.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

ASKED = os.environ.get("ESPALIER_EXAMPLES")
EXAMPLES = int(ASKED or 50)
LAWS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=ASKED is None,
    database=None,
)
