"""A real Kubernetes on one machine, for tests and for `make demo`.

`python -m tools.cluster up` starts it; docs/how-to/run-a-cluster.md tells the rest.
"""
