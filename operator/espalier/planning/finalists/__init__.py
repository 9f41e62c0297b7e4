"""The best trials, run again with other seeds: which they are, and what comes of it."""
