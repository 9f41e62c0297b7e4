"""Wilcoxon: compares a trial with the best one, step by step."""
