"""The pruners, a file each, and what they have in common."""
