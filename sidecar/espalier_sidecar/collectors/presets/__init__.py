"""Whose output is read: one module for each preset, imported when a study names it."""
