"""The one writer of each study, and the level-triggered reconciliation."""
