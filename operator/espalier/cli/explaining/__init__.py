"""What `espalier explain` asks, and how it tells the answer."""
