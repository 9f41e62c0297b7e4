"""Run by `python -m tools.images`."""

from tools.images.cli import main

main(prog_name="python -m tools.images")
