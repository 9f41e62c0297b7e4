"""The one error that the tool shows without a traceback."""


class ClusterError(Exception):
    """Something that the person at the keyboard can put right; the message says how."""
