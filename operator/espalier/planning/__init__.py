"""What to do next: a snapshot of the world and the time become a list of effects. Pure."""
