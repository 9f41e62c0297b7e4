"""What `make generate` writes: CRDs, reference pages, the dashboard. Not in the image."""
