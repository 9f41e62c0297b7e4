"""Posterior: prunes trials whose forecast says that they will not win."""
