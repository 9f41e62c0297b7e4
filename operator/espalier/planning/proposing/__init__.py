"""What a trial is to run: from a study's log to a proposal."""

from __future__ import annotations
