"""The objects that run trials, one file a kind, and what a pod template may not set."""
