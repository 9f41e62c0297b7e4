"""What trials were to run, recomputed from the log and compared."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from espalier.api import parse_recorded_spec, space_of
from espalier.errors import SpecError
from espalier.planning.proposing.checked import propose_again
from espalier.planning.proposing.past import earlier_trial
from espalier.planning.proposing.ranges import numbers_of_ranges
from espalier.planning.proposing.search_log import SearchLog
from espalier.planning.world.parameters_text import parameters_of_text
from espalier.planning.world.record import Origin
from espalier.planning.world.study_search import Search, search_of
from espalier.pruning import Report
from espalier.search import (
    NO_HISTORY,
    PastTrial,
    Proposal,
    Value,
    branches_of_text,
    key_of,
    text_of,
)
from espalier.search.proposal import ENQUEUED
from espalier.study_log.log import (
    Event,
    Log,
    StoredDecision,
    StoredEnd,
    StoredObservation,
    StoredProposal,
)

NO_SPEC = "the log does not say what was searched: it was begun by an earlier version"
NOT_LISTED = "the Study does not list them any more"
UNRECORDED = "what they were to run was not recorded: the sampler was another one then"
BEYOND = "they run again what a fault of the template had cost"


@dataclass(frozen=True)
class ProposalDifference:
    """A proposal that is not as recorded.

    Parameters
    ----------
    trial
        The trial's number.
    recorded, recomputed
        The two; where nothing could be recomputed, None.
    fault
        Why not; else empty.
    versions, installed
        Of the libraries that the two depend on.
    """

    trial: int
    recorded: Proposal
    recomputed: Proposal | None
    fault: str = ""
    versions: str = ""
    installed: str = ""

    @property
    def of_another_version(self) -> bool:
        """Whether the libraries are other ones than those that it was computed with."""
        return bool(self.versions) and self.versions != self.installed

    def sentence(self) -> str:
        """Say where the two part, in words."""
        recomputed = self.fault if self.recomputed is None else _words(self.recomputed)
        said = f"trial {self.trial}: recorded {_words(self.recorded)}, recomputed {recomputed}"
        if self.of_another_version:
            said += f" (recorded with {self.versions}, recomputed with {self.installed})"
        return said

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "trial": self.trial,
            "recorded": _plain(self.recorded),
            "recomputed": None if self.recomputed is None else _plain(self.recomputed),
            "fault": self.fault or None,
            "versions": {"recorded": self.versions, "recomputed": self.installed},
        }


@dataclass(frozen=True)
class ReplayedProposals:
    """How a replay of proposals went.

    Parameters
    ----------
    recomputed
        How many were recomputed.
    differences
        Those that are not as recorded, by the same versions of the libraries.
    of_other_versions
        Those that are not as recorded, by other versions of the libraries.
    not_recomputed
        How many were not, by why.
    """

    recomputed: int = 0
    differences: tuple[ProposalDifference, ...] = ()
    of_other_versions: tuple[ProposalDifference, ...] = ()
    not_recomputed: Mapping[str, int] = field(default_factory=dict)


class ProposalReplay:
    """Recomputes a log's proposals while its events are gone through.

    Parameters
    ----------
    log
        Its events are fed by `take`, all of them, in order.
    """

    def __init__(self, log: Log) -> None:
        self._made = log.made
        direction, earlier = log.study.terms.direction, log.earlier
        taken_over = () if earlier is None else earlier.trials
        self._earlier = tuple(earlier_trial(each, direction) for each in taken_over)
        self._metric = log.study.terms.metric
        self._search, self._refused = _search(log)
        self._log = SearchLog(log.study.terms)
        self._proposed: dict[int, str] = {}
        self._numbers: set[int] = set()
        # Those of one place; any of them may have known of any other one.
        self._open: list[StoredProposal] = []
        self._recomputed = 0
        self._differences: list[ProposalDifference] = []
        self._not: Counter[str] = Counter()

    def take(self, event: Event) -> None:
        """Take in what happened next."""
        if isinstance(event, StoredProposal):
            if self._open and self._open[0].seq != event.seq:
                self._recompute()
            self._open.append(event)
            return
        self._recompute()
        if isinstance(event, StoredObservation):
            if self._search is not None and event.metric == self._metric:
                report = Report(event.trial, event.attempt, event.step, event.value)
                self._log.value(report)
        elif isinstance(event, StoredDecision):
            if event.decision.prunes and not event.shadow:
                self._log.prune(event.decision.trial)
        elif isinstance(event, StoredEnd):
            self._log.end(event.trial, event.end)

    def end(self) -> ReplayedProposals:
        """Say how it went; nothing more may come."""
        self._recompute()
        self._by_number()
        same = [each for each in self._differences if not each.of_another_version]
        others = [each for each in self._differences if each.of_another_version]
        return ReplayedProposals(self._recomputed, tuple(same), tuple(others), dict(self._not))

    def _recompute(self) -> None:
        """Recompute the proposals of one place in the log."""
        for stored in self._open:
            self._numbers.add(stored.trial)
            if stored.parameters is not None:
                self._proposed[stored.trial] = stored.parameters
        for stored in self._open:
            self._compare(stored)
        self._open.clear()

    def _compare(self, stored: StoredProposal) -> None:
        search, recorded = self._search, _recorded(stored)
        if search is None:
            self._not[self._refused] += 1
            return
        enqueued: tuple[Mapping[str, Value], ...] = ()
        if stored.source == ENQUEUED:
            enqueued = tuple(each for each in search.enqueued if _part(each, recorded))
            if not enqueued:
                self._not[NOT_LISTED] += 1
                return
        besides = set(numbers_of_ranges(stored.besides))
        own = self._log.trials_then(besides, self._proposed, self._parameters)
        # What else is listed now may have been listed later; the rule may have been another one.
        branches = branches_of_text(stored.branches)
        rule = None if branches is None else branches.rule
        search = replace(search, enqueued=enqueued, branches=rule)
        self._differs(search, [*self._earlier, *own], recorded, stored)

    def _differs(
        self,
        search: Search,
        trials: Sequence[PastTrial],
        recorded: Proposal,
        stored: StoredProposal,
    ) -> None:
        recomputed, fault, installed = None, "", ""
        try:
            installed = search.sampler.versions()
            recomputed = propose_again(search, trials, stored.trial, stored.source)
        except ImportError as error:
            self._not[f"a library is missing here ({error.name or error})"] += 1
            return
        except Exception as error:  # A sampler may be anybody's.
            fault = f"{type(error).__name__}: {error}"
        self._recomputed += 1
        if recomputed is None or not _same(recorded, recomputed):
            self._differences.append(
                ProposalDifference(
                    stored.trial, recorded, recomputed, fault, stored.versions, installed
                )
            )

    def _by_number(self) -> None:
        """Compare what trials were made with that their numbers alone told."""
        for number, made in self._made.items():
            if made.origin is not Origin.SAMPLED or number in self._numbers:
                continue
            search = self._search
            if search is None:
                self._not[self._refused] += 1
                continue
            size = search.sampler.size(search.space)
            if search.sampler.learns or (size is not None and number >= size):
                self._not[UNRECORDED if search.sampler.learns else BEYOND] += 1
                continue
            self._recomputed += 1
            chosen = search.sampler.propose(search.space, NO_HISTORY, search.seed, number)
            recorded = parameters_of_text(made.parameters)
            if key_of(chosen) != key_of(recorded):
                name = search.sampler.name
                self._differences.append(
                    ProposalDifference(number, Proposal(recorded, name), Proposal(chosen, name))
                )

    def _parameters(self, number: int) -> str | None:
        made = self._made.get(number)
        return None if made is None else made.told_of


def _search(log: Log) -> tuple[Search | None, str]:
    """Return what the newest spec says of the search, or why nothing is known of it."""
    if not log.specs:
        return None, NO_SPEC
    try:
        spec = parse_recorded_spec(log.specs[-1].spec)
    except SpecError as error:
        return None, f"what the log says of the search cannot be used here: {error}"
    return search_of(spec, space_of(spec.parameters)), ""


def _recorded(stored: StoredProposal) -> Proposal:
    parameters = None if stored.parameters is None else parameters_of_text(stored.parameters)
    return Proposal(parameters, stored.source, stored.redrawn, stored.repeats, stored.branches)


def _part(listed: Mapping[str, Value], recorded: Proposal) -> bool:
    """Whether a proposal begins with what the Study lists."""
    return set(key_of(listed)) <= set(key_of(recorded.parameters or {}))


def _same(one: Proposal, other: Proposal) -> bool:
    """Whether two proposals are the same, bit for bit."""
    return json.dumps(_plain(one)) == json.dumps(_plain(other))


def _plain(proposal: Proposal) -> dict[str, Any]:
    parameters = None if proposal.parameters is None else dict(proposal.parameters)
    return {
        "parameters": parameters,
        "source": proposal.source,
        "redrawn": proposal.redrawn,
        "repeats": proposal.repeats,
        "branches": proposal.branches,
    }


def _words(proposal: Proposal) -> str:
    if proposal.parameters is None:
        return f"nothing ({proposal.source})"
    values = ", ".join(f"{name} {text_of(value)}" for name, value in proposal.parameters.items())
    redrawn = f", redrawn {proposal.redrawn} times" if proposal.redrawn else ""
    return f"“{values}” ({proposal.source}{redrawn})"
