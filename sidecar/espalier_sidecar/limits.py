"""All that the sidecar can be made to hold at once; it must fit into its container's 64 MiB.

Whoever raises a number here, or holds something new, finds in tests/sidecar/test_limits.py what
the sum is and whether each part keeps to its bound.
"""

from __future__ import annotations

KIB = 1024
MIB = 1024 * KIB

CONTAINER = 64 * MIB  # the memory limit that the operator sets
SPARE = 8 * MIB  # for what nobody thought of

# The local server: its connections, and what the kernel keeps for each of them.
CONNECTIONS = 32
WAITING = 64  # not yet accepted: with few places the kernel resets a burst
LEAVING = 16  # turned away, and given time to read why
STACK = 256 * KIB  # of each thread
RECEIVED = 24 * KIB  # of a connection, by the kernel, which gives twice what is asked for
SENT = 8 * KIB
PIECE = 16 * KIB  # read at a time
HEAD = 8 * KIB  # a request's line and headers
HEAD_HELD = 8 * HEAD  # as bytes, as text, and as a table of at most 100 headers

ANSWER = 64 * KIB  # what a trainer that reads slowly has not read yet

# Bodies: a large one waits for room, a small one has it always; one is parsed at a time.
SMALL_BODY = 4 * KIB
BODY = 256 * KIB
BODIES = 512 * KIB
GROWTH = 20  # how much more JSON is as objects, if it has no more of them than reports have
PARSED = GROWTH * BODY

# A followed file is read a chunk at a time, and its lines are parsed one by one.
CHUNK = 64 * KIB
CHUNK_PARSED = GROWTH * CHUNK + 1 * MIB  # what a line gives, and the lines before it

# A post to the operator, and its answer.
DELIVERY = 2 * MIB

# The interpreter, the modules, TLS; and a spool in memory, where the volume takes none.
RESIDENT = 24 * MIB
SPOOL_IN_MEMORY = 1 * MIB

HELD = {
    "the process at rest": RESIDENT,
    "stacks": (CONNECTIONS + 3) * STACK,
    "sockets": 2 * (RECEIVED + SENT) * (CONNECTIONS + LEAVING) + 2 * RECEIVED * WAITING,
    "heads of requests": CONNECTIONS * HEAD_HELD,
    "answers": CONNECTIONS * ANSWER,
    "bodies": BODIES + CONNECTIONS * SMALL_BODY,
    "what is parsed": PARSED,
    "a followed file": CHUNK + CHUNK_PARSED,
    "a delivery": DELIVERY,
    "a spool in memory": SPOOL_IN_MEMORY,
}
