"""Where each trial stands: all that is known of it, brought together."""
