"""Builds the project's images with buildah and brings them to the test cluster."""
