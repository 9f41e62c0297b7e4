"""Which steps have come: a run that is resumed writes some of them again."""

from __future__ import annotations

MOST_METRICS = 500
"""Of so many metrics it is known; of others all is taken for new."""
MOST_KEPT = 4000
"""Characters of the names of those of which it is kept over a restart."""
LARGEST = 2**63


class NewestSteps:
    """Tells whether a step is new, by the highest one of each metric.

    What another file says of a step that is not higher was there before, and the first value
    stands. In the same file only the same step again is old: the trainer may count as it likes,
    and the operator has the last word.

    Parameters
    ----------
    state
        What was kept, whatever it is.
    """

    def __init__(self, state: object) -> None:
        self._newest: dict[str, tuple[int, int]] = {}
        if isinstance(state, dict):
            for metric, kept in state.items():
                if _is_pair(kept):
                    self._put(metric, kept[0], kept[1])

    def is_new(self, metric: str, step: int, file: int) -> bool:
        """Tell whether a value is the first of its step, and take note of it.

        Parameters
        ----------
        metric, step
            Of what it is.
        file
            The number of its file.
        """
        highest, its_file = self._newest.get(metric, (-1, file))
        if step == highest or (step < highest and file != its_file):
            return False
        if step > highest:
            self._put(metric, step, file)
        return True

    def state(self) -> dict[str, tuple[int, int]]:
        """Return what must be known after a restart: of the metrics that came first."""
        left = MOST_KEPT
        kept = {}
        for metric, newest in self._newest.items():
            left -= len(metric)
            if left < 0:
                break
            kept[metric] = newest
        return kept

    def _put(self, metric: str, step: int, file: int) -> None:
        if metric in self._newest or len(self._newest) < MOST_METRICS:
            self._newest[metric] = step, file


def _is_pair(kept: object) -> bool:
    return (
        isinstance(kept, list)
        and len(kept) == 2
        and all(type(each) is int and 0 <= each < LARGEST for each in kept)
    )
