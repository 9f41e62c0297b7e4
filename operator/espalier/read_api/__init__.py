"""The read API: what is known of studies, as JSON, to whoever may `get` them in the cluster.

A process of its own, beside the operator's: it only reads, and whatever it does, reports are taken
and judged as fast as without it.
"""
