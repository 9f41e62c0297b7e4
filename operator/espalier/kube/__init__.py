"""The Kubernetes API as plain dicts, with errors named by treatment."""
