"""What `espalier collect` does: where it looks, which collectors it tries, how it tells it."""
