"""Every label of the metrics, and what its values are."""

from __future__ import annotations

LABELS: dict[str, str] = {
    "namespace": "the Study's namespace",
    "study": "the Study's name",
    "phase": "`Pending`, `Running`, `Completed`, `Pruned` or `Failed`",
    "reason": "why a trial ended, why it was pruned, or why a condition is as it is: see "
    "[reasons](reasons.md)",
    "pruner": "the pruner's type, as in `spec.pruner.type`; of a person's prunings `Person`",
    "sampler": "the sampler's type, as in the Study's `spec.sampler.type`",
    "how": "`Raised` (an exception, or values that the space does not have), `TooLong`, `Died` (it "
    "ended its process), `NotStarted`, or `Paused` (not asked, since it cost several processes)",
    "shadow": "a shadow's name in the Study's `spec.pruning.shadows`, four at most",
    "direction": "`Maximize` or `Minimize`",
    "code": "an answer's code: of ingest `Accepted` or an error code of the report protocol, "
    "of the Kubernetes API an HTTP status, or `NoAnswer`",
    "receipt": "what became of a reported value: `Appended`, `Repeated`, `Late`, ...",
    "lease": "`Held`; `Foreign`: another operator works there; `Lapsed`: it could not be renewed; "
    "`Unguarded`: it is refused; `Asked`: nothing is known yet",
    "limit": "a setting of [what a tenant can take](limits.md), such as `values_a_trial`; of a "
    "budget, a field of `spec.budget`, such as `trialHours`",
    "check": "`Keys` (vouched for by the API server's keys), `KeysRefused` (not vouched for by "
    "them), or `Asked` (by a TokenReview)",
    "why": "`TooFast` (new ones of an address), `TooMany` (of an address, a pod, or in all), "
    "`NoHandshake` (no TLS in time), or `Silent` (no request in time)",
    "verb": "`get`, `list`, `watch`, `create`, `patch`, `update` or `delete`",
    "resource": "the plural of the Kubernetes resource, such as `jobs`",
    "rank": "`Urgent` (deletions of pruned trials), `Own` (the operator's lists) or `Tenant`",
    "result": "`Accepted`, `Refused`, or `Unavailable` where the API server could not be asked",
    "treatment": "`SpecError` (the Study is wrong, or the API server refuses what follows from it),"
    " `UsageError` (a flag is wrong), `ReportError` (the report is wrong), `RetryLater` (tried"
    " again), `Outdated` (the cluster has moved on; tried again), `InternalError` (a bug of"
    " Espalier's)",
    "bound": "of a budget `soft` or `hard`; else `lower` or `upper`: of what was saved by the "
    "completed trials' quartiles, else of a 95 % interval",
    "type": "a condition of a Study: see [reasons](reasons.md)",
    "state": "`Succeeded`, `Failed`, or the reason of the condition `Progressing`",
    "status": "`True`, `False` or `Unknown`",
    "version": "Espalier's version",
    "python": "Python's version",
}
