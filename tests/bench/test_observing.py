"""What it costs ingest to count a post, with and without an exemplar. Prints figures, asserts none.

By turns in one run, so that what else the machine does costs both alike.
"""

import statistics
import time

from espalier.metrics import Observer
from tests.metrics.figures import registry_of

POSTS = 20_000
TURNS = 9


def seconds_a_post(observer: Observer, trial: str) -> float:
    """Count many posts; return what one took."""
    began = time.perf_counter()
    for _ in range(POSTS):
        observer.report_answered("Accepted", 0.002, trial)
    return (time.perf_counter() - began) / POSTS


def test_the_latency_of_one_study() -> None:
    observer, took = Observer(registry_of()), []
    for _ in range(TURNS):
        began = time.perf_counter()
        for _ in range(POSTS):
            observer.report_taken("team-a", "digits", 0.002)
        took.append((time.perf_counter() - began) / POSTS)
    print(f"\ntiming a post for its study: {statistics.median(took) * 1e6:.2f} us")


def test_an_exemplar_of_each_post() -> None:
    observer = Observer(registry_of())
    found: dict[str, list[float]] = {"": [], "team-a/digits-123": []}
    for _ in range(TURNS):
        for trial, took in found.items():
            took.append(seconds_a_post(observer, trial))
    plain, named = (statistics.median(took) for took in found.values())
    print(
        f"\ncounting a post: {plain * 1e6:.2f} us, with its trial {named * 1e6:.2f} us, "
        f"ratio {named / plain:.2f}; at 1,000 posts a second {(named - plain) * 1e5:.3f} % of "
        "the processor more"
    )
