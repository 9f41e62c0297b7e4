"""Pruners over recorded curves: simulation, replay and their reports. Pure."""
