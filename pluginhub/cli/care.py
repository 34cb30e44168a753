"""``pluginhub cleanup``."""

import click

from pluginhub.cli.client import address, call
from pluginhub.cli.context import Context, pass_context
from pluginhub.cli.plans import query


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


COMMANDS = (cleanup,)
