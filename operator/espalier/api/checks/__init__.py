"""What the API server cannot check of a Study by itself."""
