"""The commands of `espalier`."""
