"""Proposals: computed off the loop, and stored before anything is made of them."""

from __future__ import annotations
