"""Auto: the pruner for those who want to state a goal and a risk only."""
