"""`python -m espalier.generate`: write every generated file, or say which are out of date."""

from __future__ import annotations

from pathlib import Path

import click

from espalier.generate.files import out_of_date, write


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; say what is out of date, and fail.")
@click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=".",
    help="The repository's root.",
)
def main(check: bool, root: Path) -> None:
    """Write the CRDs, the reference pages and the dashboard."""
    stale = out_of_date(root) if check else write(root)
    for path in stale:
        click.echo(f"{path} is out of date; run `make generate`" if check else f"wrote {path}")
    if check and stale:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
