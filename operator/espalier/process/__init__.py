"""The composition root: which parts an operator has, how they start and stop."""
