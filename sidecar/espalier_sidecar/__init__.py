"""Takes values from a training loop, keeps them safe, and reports them to Espalier.

Standard library only, and little of it: this runs beside every trial.
"""
