"""How each attempt of a trial has ended, by an ordered list of checks."""
