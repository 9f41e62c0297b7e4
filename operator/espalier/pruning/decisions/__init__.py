"""What is decided about a trial, and the closed list of reasons."""
