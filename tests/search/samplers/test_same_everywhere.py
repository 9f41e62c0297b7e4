"""The same seed and history give the same proposal in another process, whatever its environment."""

import json
import os
import subprocess
import sys

PROPOSE = """
import json
from espalier.search import AutoSampler, CmaEs, GP, TPE
from tests.search.samplers.histories import BRANCHED, FLAT, ended, running

found = []
for sampler in (TPE(), AutoSampler(), CmaEs(), GP()):
    for space in (FLAT, BRANCHED):
        if sampler.objection(space) is None:
            few = sampler.name == "GP"  # each takes it a second
            history = [*ended(space, 15 if few else 40), *running(space, 3)]
            numbers = range(1 if few else 3)
            found += [repr(sampler.propose(space, history, 7, number)) for number in numbers]
print(json.dumps(found))
"""


def proposals(hash_seed: str, threads: str) -> list[str]:
    own = {
        "PYTHONHASHSEED": hash_seed,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), threads),
    }
    done = subprocess.run(
        [sys.executable, "-c", PROPOSE],
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_other_hashes_and_more_threads_give_the_same_proposals():
    first = proposals("1", "1")
    assert len(first) >= 18
    assert first == proposals("4242", "4")
