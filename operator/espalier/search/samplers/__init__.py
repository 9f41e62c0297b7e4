"""Samplers, one file each: they propose the parameters of a study's trials."""
