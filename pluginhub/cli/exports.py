"""``pluginhub user export`` and ``user import``."""

import json
import os
import sys
from pathlib import Path

import click

from pluginhub.cli.client import address, call
from pluginhub.cli.context import PARTLY, Context, pass_context


@click.command("export")
@click.argument("name")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@pass_context
def export(context: Context, name: str, file: Path | None) -> None:
    """Write what the server has of a user as JSON: to FILE, or to standard output.

    FILE is made for this account alone; one that exists is not overwritten.
    """
    if file is not None and os.path.lexists(file):
        raise click.BadParameter(f"{file} exists already", param_hint="FILE")
    found = call(context, "GET", address("export"), params={"user": name})
    # Escaped, so that nothing in it has an effect on the terminal.
    text = json.dumps(found, indent=2)
    if file is None:
        click.echo(text)
        return
    _write(file, text)
    context.show({"user": name, "file": str(file)}, f"wrote {file}")


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@pass_context
def import_user(context: Context, file: Path) -> None:
    """Make a user of what "user export" wrote, with what they had.

    The user has no password until one is set. Exit code 3 if something is missing, because it is
    not published here with the same bytes.
    """
    with file.open("rb") as stream:
        kind = {"Content-Type": "application/json"}
        done = call(context, "POST", address("users", "import"), data=stream, headers=kind)
    lines = [f"{item['slug']} {item['version']}: {item['reason']}" for item in done["missing"]]
    counted = f"installations: {done['installations']}, states: {done['states']}"
    context.show(done, *lines, f"added {done['user']['role']} {done['user']['name']}; {counted}")
    if done["missing"]:
        sys.exit(PARTLY)


COMMANDS = (export, import_user)  # of the group ``user``


def _write(file: Path, text: str) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise click.BadParameter(f"{file}: {error.strerror}", param_hint="FILE") from error
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(f"{text}\n")
            stream.flush()
            os.fsync(descriptor)  # the account may be removed next
    except OSError as error:
        file.unlink()
        raise click.FileError(str(file), hint=error.strerror) from error
