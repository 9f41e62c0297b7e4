"""A thousand trials at once, ten thousand in a study: real control plane, operator and store.

`python -m tests.bench.scale` brings up a control plane and nodes that KWOK plays, runs the operator
by its command line, and lets one process, the *load*, be what a thousand kubelets and sidecars
would be: it fetches each pod's token, posts its values over TLS and ends its pod. Figures are
printed and written as JSON, never asserted. Everything shares the machine, so the CPU time of
every process is told too.
"""

import sys
from pathlib import Path

# The sidecar is a distribution of its own, and not installed beside the operator.
sys.path.append(str(Path(__file__).resolve().parents[3] / "sidecar"))
