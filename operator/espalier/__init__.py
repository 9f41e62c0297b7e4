"""Espalier: a Kubernetes operator that prunes hyperparameter-tuning jobs."""

from __future__ import annotations

from importlib.metadata import version

__version__ = version("espalier")
