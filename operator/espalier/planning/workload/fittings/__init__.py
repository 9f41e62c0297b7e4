"""What each type of collector needs in a trial's pod: variables, mounts, another command.

`table` names them by type; each is a function that adds to the trainer's container and the
sidecar's.
"""
