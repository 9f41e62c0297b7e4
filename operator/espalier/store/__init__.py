"""Observations, decisions and ends of trials, durably."""
