"""``pluginhub backup`` and ``restore``."""

import asyncio
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from pluginhub.care import restore as restoring
from pluginhub.care.restore import Restored
from pluginhub.cli.client import address
from pluginhub.cli.context import PARTLY, Context, alone, pass_context
from pluginhub.cli.progress import call_long, shown
from pluginhub.storage import backup_directory, replacement
from pluginhub.storage.backup_directory import BackupDirectory
from pluginhub.storage.data_directory import DataDirectory


@click.command()
@click.argument("target", required=False, type=click.Path(path_type=Path, file_okay=False))
@pass_context
def backup(context: Context, target: Path | None) -> None:
    """Back up the database and the files of all releases, while the server works.

    TARGET is a directory, which can hold many backups: what one of them has is not copied again.
    Without it, the backup goes where backup.directory says, and the oldest ones there go.

    Exit code 3 if files of a release are damaged, and so are not in the backup.
    """
    body = {"target": str(target.absolute())} if target else {}
    made = call_long(context, "backup", address("plugins", "system", "backup"), json=body)
    lines = [f"not whole, so not in the backup: {release}" for release in made["missing"]]
    copied = f"{made['copied']} copied, {made['bytes']} bytes"
    lines += [f"{made['path']}: {made['releases']} releases ({copied})"]
    lines += [f"removed the old backup {name}" for name in made["removed"]]
    context.show(made, *lines)
    if made["missing"]:
        sys.exit(PARTLY)


@click.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--check", is_flag=True, help="Only read the backup, and say whether it is whole.")
@pass_context
def restore(context: Context, source: Path, *, yes: bool, check: bool) -> None:
    """Restore a backup, or the newest one in a directory of backups; no server may run.

    The whole backup is read before anything is replaced, and what is replaced is kept aside.
    Users have to sign in again. Exit code 3 if the backup is not complete.
    """
    directory, name = backup_directory.found_at(source.absolute())
    if check:
        _check(context, directory, name)
        return
    data = DataDirectory.at(context.settings.config.storage.plugins_base_dir)
    made_at = moment(directory.read(name).made_at)
    with alone(context):
        lock = data.lock()
    try:
        replacement.finish(data)
        if not yes and data.database.exists():
            _ask(f"Replace everything in {data.path} by the backup of {made_at}?")
        with shown(context, "restore") as progress:
            done = asyncio.run(restoring.restore(directory, name, data, progress))
    finally:
        os.close(lock)
    context.show(_as_json(done), *_told(done))
    if done.missing:
        sys.exit(PARTLY)


COMMANDS = (backup, restore)


def moment(seconds: int) -> str:
    """Return a time for people."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _check(context: Context, directory: BackupDirectory, name: str) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="pluginhub-check-") as folder,
        shown(context, "check") as progress,
    ):
        number = asyncio.run(restoring.verify(directory, name, Path(folder), progress))
    path = str(directory.path / name)
    context.show({"backup": path, "releases": number}, f"{path}: {number} releases, all whole")


def _ask(question: str) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError("there is no terminal to ask at; with --yes nothing is asked")
    click.confirm(question, abort=True, err=True)


def _as_json(done: Restored) -> dict[str, Any]:
    return {
        "backup": str(done.backup),
        "made_at": done.made_at,
        "releases": done.releases,
        "missing": done.missing,
        "replaced": str(done.replaced) if done.replaced else None,
    }


def _told(done: Restored) -> list[str]:
    lines = [f"restored {done.releases} releases from the backup of {moment(done.made_at)}"]
    lines += [f"not in the backup; publish it again: {release}" for release in done.missing]
    if done.replaced:
        lines.append(f"what was there before is in {done.replaced}; remove it when you like")
    return lines
