"""All that the sidecar can be made to hold at once; it must fit into its container's 64 MiB.

Whoever raises a number here, or holds something new, finds in tests/sidecar/test_limits.py what
the sum is and whether each part keeps to its bound.
"""

from __future__ import annotations

KIB = 1024
MIB = 1024 * KIB

CONTAINER = 64 * MIB  # the memory limit that the operator sets
SPARE = 5 * MIB  # for what nobody thought of

# The local server: its connections, and what the kernel keeps for each of them.
CONNECTIONS = 32
WAITING = 32  # not yet accepted: with few places the kernel resets a burst
CROWD = 16  # accepted, and waiting for a place
LEAVING = 16  # turned away, and given time to read why
STACK = 256 * KIB  # of each thread
RECEIVED = 24 * KIB  # of a connection, by the kernel, which gives twice what is asked for
SENT = 8 * KIB
PIECE = 16 * KIB  # read at a time
HEAD = 8 * KIB  # a request's line and headers
HEAD_HELD = 8 * HEAD  # as bytes, as text, and as a table of at most 100 headers

ANSWER = 64 * KIB  # what a trainer that reads slowly has not read yet; before, of a body, a member

# Requests to a team's tracking server, with TLS and what the kernel keeps.
FORWARDED = 8
UPSTREAM_SENT = 48 * KIB
UPSTREAM_RECEIVED = 24 * KIB
TLS = 64 * KIB

# Bodies: a large one waits for room, a small one has it always; one is parsed at a time.
SMALL_BODY = 4 * KIB
BODY = 256 * KIB
BODIES = 512 * KIB
GROWTH = 20  # how much more JSON is as objects, if it has no more of them than reports have
PARSED = GROWTH * BODY

# A followed file is read a chunk at a time, and its lines are parsed one by one.
CHUNK = 64 * KIB
CHUNK_PARSED = GROWTH * CHUNK + 1 * MIB  # what a line gives, and the lines before it
FOLLOWED = 5  # the report file, and one each of types File, Output, Log and Csv

# What collectors know of what they have read, one of each type.
KNOWN_OF_EVENTS = 1 * MIB  # which files there are, and how far each was read
KNOWN_OF_TABLES = 896 * KIB  # which values a table has given
KNOWN_OF_REQUESTS = 640 * KIB  # which metrics came by MLflow, Kubeflow and scrapes

# A post to the operator, and its answer.
DELIVERY = 2 * MIB

# The interpreter, the modules, TLS; and a spool in memory, where the volume takes none.
RESIDENT = 24 * MIB
SPOOL_IN_MEMORY = 1 * MIB

HELD = {
    "the process at rest": RESIDENT,
    "stacks": (CONNECTIONS + 6) * STACK,
    "sockets": 2 * (RECEIVED + SENT) * (CONNECTIONS + CROWD + LEAVING) + 2 * RECEIVED * WAITING,
    "what is forwarded": FORWARDED * (2 * (UPSTREAM_SENT + UPSTREAM_RECEIVED) + TLS),
    "heads of requests": CONNECTIONS * HEAD_HELD,
    "answers": CONNECTIONS * ANSWER,
    "bodies": BODIES + CONNECTIONS * SMALL_BODY,
    "what is parsed": PARSED,
    "followed files": FOLLOWED * CHUNK + CHUNK_PARSED,
    "event files": CHUNK + KNOWN_OF_EVENTS,
    "what collectors know": KNOWN_OF_TABLES + KNOWN_OF_REQUESTS,
    "a delivery": DELIVERY,
    "a spool in memory": SPOOL_IN_MEMORY,
}
