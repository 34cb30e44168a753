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
def hand_out(context: Context, name: str, file: Path | None) -> None:
    """Write everything that is known of a user as JSON: to FILE, or to standard output.

    FILE is made for this account alone; one that exists is not overwritten.
    """
    found = call(context, "GET", address("export"), params={"user": name})
    text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    if file is None:
        click.echo(text, nl=False)
        return
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise click.BadParameter(f"{file}: {error.strerror}", param_hint="FILE") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    context.show({"user": name, "file": str(file)}, f"wrote {file}")


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@pass_context
def take_in(context: Context, file: Path) -> None:
    """Make a user by what ``user export`` wrote, with what they had.

    Plugins that are not published here are named; exit code 3 then. The user has no password
    until one is set.
    """
    done = call(context, "POST", address("users", "import"), data=file.read_bytes())
    lines = [f"missing: {it['slug']} {it['version']}: {it['reason']}" for it in done["missing"]]
    lines.append(f"added {done['user']}; plugins: {done['plugins']}, states: {done['states']}")
    context.show(done, *lines)
    if done["missing"]:
        sys.exit(PARTLY)


COMMANDS = (hand_out, take_in)  # of the group ``user``
