"""Espalier: a Kubernetes operator that prunes hyperparameter-tuning jobs."""

from importlib.metadata import version

__version__ = version("espalier")
