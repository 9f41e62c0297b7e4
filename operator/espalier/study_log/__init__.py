"""A study's log as values, and as lines of text: what every reader of a log reads. Pure."""

from __future__ import annotations
