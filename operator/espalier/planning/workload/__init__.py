"""The Job that runs a trial: how it is made, and what its owner may not set."""
