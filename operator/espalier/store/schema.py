"""The tables, in Core terms that any database of SQLAlchemy's can take.

A study's uid is stored once; the other tables refer to it by a small number, so that a row of the
largest table stays under 60 bytes. `seq` is the order of arrival within a study: observations and
ends read back in that order and given to a fresh judge yield the stored decisions.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

studies = Table(
    "studies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uid", String(64), nullable=False, unique=True),
    Column("namespace", String(63), nullable=False),
    Column("name", String(253), nullable=False),
    # What the judge is built from, as JSON: a log can be replayed without the cluster.
    Column("settings", Text, nullable=False),
    Column("opened_at", Double, nullable=False),
    # The version of Espalier whose rules judge the study.
    Column("version", String(64), nullable=False),
    # Set when a study is closed: no reader sees it any more, and it comes back with its uid.
    Column("closed_at", Double),
    # Numbers below this have been sampled; it only grows.
    Column("sampled", Integer, nullable=False, server_default="0"),
    # What showed that the Study is gone.
    Column("closed_proof", Text),
    # Set when the rows of a closed study begin to go, in small transactions: no way back.
    Column("purged_at", Double),
    # What the judge had to say when all trials had ended, as JSON; null while a trial goes on.
    Column("summary", Text),
    # What its rows take on the disk, about; it only grows.
    Column("bytes", BigInteger, nullable=False, server_default="0"),
    # Raised whenever something of it is written, in the same transaction.
    Column("revision", BigInteger, nullable=False, server_default="0"),
    # A deleted study's number is not given to another one.
    sqlite_autoincrement=True,
)

attempts = Table(
    "attempts",
    metadata,
    Column("study", Integer, ForeignKey("studies.id"), nullable=False),
    Column("trial", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("pod_uid", String(64), nullable=False),
    PrimaryKeyConstraint("study", "trial", "attempt"),
    UniqueConstraint("study", "trial", "pod_uid"),
    sqlite_with_rowid=False,
)

sightings = Table(
    "sightings",
    metadata,
    Column("study", Integer, ForeignKey("studies.id"), nullable=False),
    Column("trial", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("pod", String(253), nullable=False),
    Column("job_uid", String(64), nullable=False),
    Column("gpus", Double, nullable=False),
    Column("held", Double, nullable=False),
    Column("ran", Double, nullable=False),
    Column("disruption", String(63), nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("suspended", Boolean, nullable=False),
    Column("exit_code", Integer),
    Column("exit_reason", String(63), nullable=False),
    Column("over", Boolean, nullable=False),
    PrimaryKeyConstraint("study", "trial", "attempt"),
    sqlite_with_rowid=False,
)
"""What was seen of an attempt, written again as more is seen."""

changes = Table(
    "changes",
    metadata,
    Column("study", Integer, ForeignKey("studies.id"), nullable=False),
    # The order of arrival that it has among observations and ends.
    Column("seq", BigInteger, nullable=False),
    # What holds pruning back, as JSON: whatever is judged after it is judged by this.
    Column("restraint", Text, nullable=False),
    Column("at", Double, nullable=False),
    # What people want of single trials, as JSON; null where that is nothing.
    Column("wishes", Text),
    PrimaryKeyConstraint("study", "seq"),
    sqlite_with_rowid=False,
)
"""Changes of what a running study is judged by."""

observations = Table(
    "observations",
    metadata,
    Column("study", Integer, ForeignKey("studies.id"), nullable=False),
    Column("trial", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("metric", String(250), nullable=False),
    Column("step", BigInteger, nullable=False),
    # Null: the value was not finite, training diverged.
    Column("value", Double),
    Column("seq", BigInteger, nullable=False),
    Column("at", Double, nullable=False),
    PrimaryKeyConstraint("study", "trial", "attempt", "metric", "step"),
    sqlite_with_rowid=False,
)
in_order = Index("observations_in_order", observations.c.study, observations.c.seq)
"""The order of arrival, by which a log is read piece by piece; a sort would need room for it."""

rules = Table(
    "rules",
    metadata,
    Column("study", Integer, ForeignKey("studies.id"), nullable=False),
    Column("rule", Integer, nullable=False),
    Column("pruner", String(63), nullable=False),
    Column("settings", Text, nullable=False),
    PrimaryKeyConstraint("study", "rule"),
    sqlite_with_rowid=False,
)


def _decided() -> tuple[Column[Any], ...]:
    """Return the columns of a decision, in the order of the rows that are inserted."""
    return (
        Column("study", Integer, ForeignKey("studies.id"), nullable=False),
        Column("trial", BigInteger, nullable=False),
        Column("attempt", Integer, nullable=False),
        Column("step", BigInteger, nullable=False),
        # Empty for the pruner that acts, else the name of the shadow.
        Column("shadow", String(63), nullable=False),
        Column("action", String(16), nullable=False),
        Column("reason", String(63), nullable=False),
        Column("rung", Integer),
        Column("bracket", Integer),
        Column("rule", Integer, nullable=False),
        Column("evidence", Text, nullable=False),
        # That of the value which led to it.
        Column("seq", BigInteger, nullable=False),
        Column("at", Double, nullable=False),
    )


decisions = Table(
    "decisions",
    metadata,
    *_decided(),
    PrimaryKeyConstraint("study", "trial", "attempt", "step", "shadow"),
    sqlite_with_rowid=False,
)

decisions_on_others = Table(
    "decisions_on_others",
    metadata,
    *_decided(),
    PrimaryKeyConstraint("study", "seq", "shadow", "trial"),
    sqlite_with_rowid=False,
)
"""Decisions on other trials than the one whose value led to them: they are few, found by the
value's place, and no key tells them from what was decided when the trial itself reported that step.
"""

_ACTING_PRUNE = text("shadow = '' AND action = 'Prune'")


def _one_prune_a_trial(name: str, table: Table) -> Index:
    return Index(
        name,
        table.c.study,
        table.c.trial,
        unique=True,
        sqlite_where=_ACTING_PRUNE,
        postgresql_where=_ACTING_PRUNE,
    )


one_prune_a_trial = _one_prune_a_trial("one_prune_a_trial", decisions)
one_prune_by_others = _one_prune_a_trial("one_prune_by_others", decisions_on_others)

ends = Table(
    "ends",
    metadata,
    Column("study", Integer, ForeignKey("studies.id"), nullable=False),
    Column("trial", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(63), nullable=False),
    Column("message", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("gpu_seconds", Double, nullable=False),
    # Hash of the pod template that it ran; 0 if it never ran.
    Column("template", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("held", Double, nullable=False, server_default="0"),
    Column("pace", Double),
    PrimaryKeyConstraint("study", "trial"),
    sqlite_with_rowid=False,
)

figures = Table(
    "figures",
    metadata,
    Column("study", Integer, ForeignKey("studies.id"), nullable=False),
    Column("trial", BigInteger, nullable=False),
    Column("step", BigInteger),
    # Null with a step: the value was not finite.
    Column("latest", Double),
    Column("best", Double),
    Column("best_step", BigInteger),
    # The newest decision, all of it null if there is none: found beside the rest, where the row
    # of `decisions` would be a page of its own for each trial.
    Column("decided_attempt", Integer),
    Column("decided_step", BigInteger),
    Column("action", String(16)),
    Column("reason", String(63)),
    Column("rung", Integer),
    Column("bracket", Integer),
    Column("rule", Integer),
    Column("evidence", Text),
    PrimaryKeyConstraint("study", "trial"),
    sqlite_with_rowid=False,
)
"""What an ended trial came to, so that nobody needs to replay its study to know."""

trials = Table(
    "trials",
    metadata,
    Column("study", Integer, ForeignKey("studies.id"), nullable=False),
    Column("number", BigInteger, nullable=False),
    # The Trial object's.
    Column("name", String(253), nullable=False),
    # By name, as JSON.
    Column("parameters", Text, nullable=False),
    # Sampled, Enqueued, HandMade or Repeat.
    Column("origin", String(16), nullable=False),
    # Hash of the pod template that it runs; 0 while it has no Job.
    Column("template", BigInteger, nullable=False),
    # Seconds since the epoch; null while its trainer has not begun.
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    # The parameters that were recorded first, where they were others; as JSON.
    Column("told", Text),
    PrimaryKeyConstraint("study", "number"),
    sqlite_with_rowid=False,
)
"""What was tried: each trial as it was made, since its object may be deleted."""

specs = Table(
    "specs",
    metadata,
    Column("study", Integer, ForeignKey("studies.id"), nullable=False),
    # Hash of the spec's pod template: trials tell by it which spec they ran under.
    Column("template", BigInteger, nullable=False),
    # `metadata.generation` of the Study that had this spec.
    Column("generation", BigInteger, nullable=False),
    # The whole of it, as JSON.
    Column("spec", Text, nullable=False),
    # When it was seen first, in seconds since the epoch.
    Column("at", Double, nullable=False),
    PrimaryKeyConstraint("study", "template"),
    sqlite_with_rowid=False,
)
"""What the Study said: for each of its pod templates, the last spec that had it."""

proposals = Table(
    "proposals",
    metadata,
    Column("study", Integer, ForeignKey("studies.id"), nullable=False),
    Column("trial", BigInteger, nullable=False),
    # The place in the order of arrival that it was based on.
    Column("seq", BigInteger, nullable=False),
    # By name, as JSON; null where no configuration was left.
    Column("parameters", Text),
    # Who chose it: a sampler, or the Study's own list.
    Column("source", String(63), nullable=False),
    Column("redrawn", Integer, nullable=False),
    Column("repeats", Boolean, nullable=False),
    # Trials that ran then, and those that had ended without a proposal, as ranges of numbers.
    Column("besides", Text, nullable=False),
    # Of the libraries that it may depend on.
    Column("versions", String(250), nullable=False),
    Column("at", Double, nullable=False),
    # By which rule branches of the space were closed, and which, as JSON; empty without a rule.
    Column("branches", Text, nullable=False),
    PrimaryKeyConstraint("study", "trial"),
    sqlite_with_rowid=False,
)
"""What trials were to run, stored before they were made: a crash proposes nothing anew."""

warm_starts = Table(
    "warm_starts",
    metadata,
    Column("study", Integer, ForeignKey("studies.id"), nullable=False),
    # Hash of what was asked for: the trials that were taken over for it have the same.
    Column("asked", BigInteger, nullable=False),
    # Where they came from and how many were left out, as JSON.
    Column("sources", Text, nullable=False),
    Column("at", Double, nullable=False),
    PrimaryKeyConstraint("study"),
    sqlite_with_rowid=False,
)
"""That a study has taken over trials of earlier ones, and which."""

earlier_trials = Table(
    "earlier_trials",
    metadata,
    Column("study", Integer, ForeignKey("studies.id"), nullable=False),
    Column("asked", BigInteger, nullable=False),
    # Their order.
    Column("place", Integer, nullable=False),
    # Uid of the earlier study, which need not be in this store.
    Column("source", String(253), nullable=False),
    Column("number", BigInteger, nullable=False),
    # By the names of this study's parameters, as JSON.
    Column("parameters", Text, nullable=False),
    Column("outcome", String(16), nullable=False),
    # What it reported, as JSON: steps, and values with null for what was not finite.
    Column("curve", Text, nullable=False),
    PrimaryKeyConstraint("study", "asked", "place"),
    sqlite_with_rowid=False,
)
"""Trials of earlier studies, copied: what becomes of the source does not matter any more."""

outputs = Table(
    "outputs",
    metadata,
    Column("study", Integer, ForeignKey("studies.id"), nullable=False),
    Column("trial", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
    # Text in UTF-8, deflated.
    Column("packed", LargeBinary, nullable=False),
    # Whether more was printed before it.
    Column("cut", Boolean, nullable=False),
    Column("at", Double, nullable=False),
    PrimaryKeyConstraint("study", "trial", "attempt"),
    sqlite_with_rowid=False,
)
"""The end of what trainers have printed, where the Study wants it kept."""

OF_A_STUDY = (
    observations,
    outputs,
    earlier_trials,
    decisions,
    decisions_on_others,
    ends,
    figures,
    sightings,
    attempts,
    changes,
    rules,
    trials,
    proposals,
    specs,
    warm_starts,
)
"""Tables whose rows go when their study is deleted, largest first."""
