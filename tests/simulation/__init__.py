"""A whole cluster in one process, for faults that no real one gives at the right moment.

The operator's own parts run unchanged, on a real SQLite file: `Reconciler`, `LiveStudies`, `Store`,
`PodLookup`, `Resync`. Around them are played, with the semantics that matter: the API server with
its watches, the Job controller, the garbage collector, kubelets with their trainers, people and
hostile tenants. Time is virtual, so that a run takes as long as its work, and seeded: the same seed
gives the same run. It is no mock of the `kubernetes` library: the played cluster stands in for
`espalier.kube.Cluster`, and its errors are made by `espalier.kube.errors` out of real answers.
"""
