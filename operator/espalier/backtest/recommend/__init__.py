"""Which pruner, and how strict, would have served on recorded studies. Pure."""
