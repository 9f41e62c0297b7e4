"""Trials that are never pruned, so that it can be measured how often pruning is wrong."""

from __future__ import annotations

from hashlib import blake2b

AT_LEAST = 3
AT_MOST_ONE_IN = 5


class Exemption:
    """Chooses exempt trials by hash: one in every block of consecutive numbers.

    A block holds ``100 / percent`` numbers, or fewer if the study is known to be so small that
    less than three trials would be exempt; but never fewer than five.

    Parameters
    ----------
    study, seed
        What the hash depends on, with the block's number.
    percent
        Share of the trials that is exempt; 0 exempts none.
    trials
        How many trials the study will have, if it is known.
    """

    def __init__(self, study: str, seed: int, percent: float, trials: int | None) -> None:
        self._key = f"{study}/{seed}/exempt/"
        self.block = 0
        if percent > 0:
            self.block = max(1, round(100 / percent))
            if trials is not None and trials < AT_LEAST * self.block:
                self.block = min(self.block, max(AT_MOST_ONE_IN, trials // AT_LEAST))

    def __call__(self, trial: int) -> bool:
        """Whether the trial of this number is exempt."""
        if not self.block:
            return False
        block, place = divmod(trial, self.block)
        digest = blake2b(f"{self._key}{block}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) % self.block == place
