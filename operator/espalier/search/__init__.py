"""Which parameters to try next: the parameter space and its samplers. Pure."""
