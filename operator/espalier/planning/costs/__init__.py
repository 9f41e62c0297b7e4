"""What trials have cost, and what pruning has saved of it."""
