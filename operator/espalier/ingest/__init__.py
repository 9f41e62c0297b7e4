"""The HTTP server that takes reports from the sidecars."""
