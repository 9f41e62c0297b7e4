"""By which words of the API server it is told what refuses a pod or another object.

Its admission plugins have no reasons of their own: all of them answer 403 and a sentence.
"""

from __future__ import annotations

QUOTA = ("exceeded quota", "failed quota", "status unknown for quota")
"""A quota refuses what would exceed it, what does not say how much it takes, and all while it is
not counted yet."""

POD_SECURITY = ("violates PodSecurity",)
