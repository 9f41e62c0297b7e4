"""Run by `python -m tests.images`."""

from tests.images.cli import main

main(prog_name="python -m tests.images")
