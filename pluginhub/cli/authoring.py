"""``pluginhub new`` and ``pluginhub check``, which need no server."""

import sys
from pathlib import Path

import click

from pluginhub.authoring import new as beginning
from pluginhub.authoring.check import check as find
from pluginhub.cli.context import Context, pass_context

_NEXT = {
    "plain": ("pluginhub check .", "pluginhub dev . --user YOU"),
    "webpack": (
        "npm install",
        "npm run build",
        "pluginhub check bundle",
        "pluginhub dev bundle --user YOU",
    ),
}


@click.command()
@click.argument("name")
@click.option("--without-build", is_flag=True, help="One that needs no npm and no webpack.")
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to; without it, a directory of that name here.",
)
@pass_context
def new(context: Context, name: str, directory: Path | None, *, without_build: bool) -> None:
    """Write a small plugin to begin with, and print what to do next."""
    template: beginning.Template = "plain" if without_build else "webpack"
    place = directory or Path(name)
    written = beginning.create(place, name, template)
    context.show(
        {
            "directory": str(place),
            "files": [path.relative_to(place).as_posix() for path in written],
        },
        f"wrote {name} into {place}; next:",
        f"  cd {place}",
        *(f"  {line}" for line in _NEXT[template]),
    )


@click.command()
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@pass_context
def check(context: Context, path: Path) -> None:
    """Say everything that is wrong with a bundle, an archive or a directory.

    Errors are what publishing refuses and what can work for nobody; the exit code is 1 if there
    are some. Nothing of the bundle is executed.
    """
    found = find(path)
    errors = [each for each in found if each.is_error]
    lines = [str(each) for each in found if each.is_error or not context.quiet]
    context.show([each.as_json() for each in found], *lines, even_if_quiet=True)
    if errors:
        sys.exit(1)


COMMANDS = (new, check)
