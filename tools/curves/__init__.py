"""How the curves of `design` and `heldout` were made.

``python -m tools.curves NAME OUTDIR`` trains one task again, on one thread, with the packages
of `requirements.txt` in an environment of their own; no test needs them.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
