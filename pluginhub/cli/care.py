"""``pluginhub cleanup`` and ``verify``."""

import sys
from typing import Any

import click

from pluginhub.cli.client import address, call
from pluginhub.cli.context import PARTLY, Context, pass_context
from pluginhub.cli.plans import query
from pluginhub.cli.progress import call_long


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@pass_context
def cleanup(context: Context, *, dry_run: bool) -> None:
    """Remove what has run out, releases that nobody has, and files that belong to nothing.

    A running server does this by itself, every cleanup.interval seconds.
    """
    path = address("plugins", "system", "cleanup")
    done = call(context, "POST", path, params=query(dry_run=dry_run))
    verb = "would be removed" if dry_run else "removed"
    lines = [f"{it['slug']} {it['version']} {verb}" for it in done["releases"]]
    lines += [f"{path} {verb}" for path in done["strays"]]
    lines += [f"{it['slug']} {it['version']} stays: {it['reason']}" for it in done["kept"]]
    counted = [f"{name.replace('_', ' ')} {n}" for name, n in done["removed"].items() if n]
    lines.append(f"{verb}: {', '.join(counted) or 'nothing'}; {done['bytes']} bytes of files")
    context.show(done, *lines)


@click.command()
@click.option("--repair", is_flag=True, help="Quarantine what is wrong with files.")
@pass_context
def verify(context: Context, *, repair: bool) -> None:
    """Hold the database and every file against each other.

    Exit code 1 if something is wrong, 3 if some of that was repaired.
    """
    path = address("plugins", "system", "verify")
    params = {"repair": "true"} if repair else {}
    done = call_long(context, "verify", path, params=params)
    faults = done["faults"]
    lines = [f"{it['place']}: {it['detail']}" + _repaired(it) for it in faults]
    lines.append(
        f"{done['releases']} releases with {done['files']} files: {len(faults) or 'nothing'} wrong"
    )
    context.show(done, *lines)
    open_faults = [fault for fault in faults if fault["repair"] is None]
    if faults:
        sys.exit(PARTLY if len(open_faults) < len(faults) else 1)


def _repaired(fault: dict[str, Any]) -> str:
    return f" ({fault['repair']})" if fault["repair"] else ""


COMMANDS = (cleanup, verify)
