"""How trials and studies end, by ordered lists of checks."""
