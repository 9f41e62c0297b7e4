"""What one sender, and all of them, may ask of the ingest port."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one sender, and all of them, may ask for; rates are a second, bursts at once.

    Parameters
    ----------
    pod_rate, pod_burst : float
        Posts of a pod.
    namespace_rate, namespace_burst : float
        Posts that the pods of a namespace may make whatever the other namespaces do.
    total_rate, total_burst : float
        Posts of all pods beyond those.
    connections : int
        At the same time, those without a TLS handshake included.
    connections_a_peer, connections_a_pod : int
        Of one address, and of one pod that has shown a good token.
    strangers_a_peer : int
        Connections of one address on which no good token has been shown.
    refusals_a_connection : int
        Posts in a row that may be refused on a connection, for want of a good token, before it
        is closed.
    connection_rate, connection_burst : float
        New connections of one address.
    handshake_seconds, stranger_seconds, silence_seconds, body_seconds : float
        For the TLS handshake; until the first good token; for a connection without a whole
        request; and for a body.
    token_rate, token_burst : float
        Different tokens that a pod may show.
    review_rate, review_burst : float and int
        TokenReviews of all tokens; those that wait take turns by address.
    review_peer_rate, review_peer_burst : float
        TokenReviews of unknown tokens from one address.
    review_pod_rate, review_pod_burst : float
        Those of them that name the same pod.
    reviews_waiting, reviews_waiting_a_peer : int
        Tokens that wait for their TokenReview, in all and from one address.
    trusted_seconds, refused_seconds : float
        How long a token that is good, or bad, is remembered.
    stale_seconds : float
        How long a good one is trusted beyond that while the API server cannot be asked.
    """

    pod_rate: float = 10.0
    pod_burst: float = 40.0
    namespace_rate: float = 100.0
    namespace_burst: float = 200.0
    total_rate: float = 5000.0
    total_burst: float = 5000.0
    connections: int = 4096
    connections_a_peer: int = 2048
    connections_a_pod: int = 8
    strangers_a_peer: int = 64
    refusals_a_connection: int = 4
    connection_rate: float = 30.0
    connection_burst: float = 256.0
    handshake_seconds: float = 3.0
    stranger_seconds: float = 10.0
    silence_seconds: float = 60.0
    body_seconds: float = 10.0
    token_rate: float = 10.0 / 60.0
    token_burst: float = 10.0
    review_rate: float = 20.0
    review_burst: int = 40
    review_peer_rate: float = 5.0
    review_peer_burst: float = 40.0
    review_pod_rate: float = 10.0 / 60.0
    review_pod_burst: float = 10.0
    reviews_waiting: int = 1024
    reviews_waiting_a_peer: int = 32
    trusted_seconds: float = 60.0
    refused_seconds: float = 5.0
    stale_seconds: float = 600.0
