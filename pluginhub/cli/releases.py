"""``pluginhub yank``, ``approve`` and ``keep``: what an admin says of a release."""

import click

from pluginhub.cli.client import address, call
from pluginhub.cli.context import Context, pass_context
from pluginhub.cli.plans import dry_run as dry_run_option
from pluginhub.cli.plans import query

_release = click.argument("release", metavar="SLUG@VERSION")


@click.command()
@_release
@click.option("--reason", help="For those who have it.")
@click.option("--undo", is_flag=True, help="Bring it back.")
@dry_run_option
@pass_context
def yank(
    context: Context, /, release: str, reason: str | None, *, undo: bool, dry_run: bool
) -> None:
    """Withdraw a release: nobody new gets it, and those who have it see a notice."""
    body = {} if undo else {"reason": reason}
    method = "DELETE" if undo else "PUT"
    done = call(context, method, _of(release, "yank"), params=query(dry_run=dry_run), json=body)
    if dry_run:
        context.show(done, *(note["text"] for note in done["plan"]["notes"]))
        return
    news = "is offered again" if undo else "is withdrawn"
    context.show(done, f"{done['slug']} {done['version']} {news}")


@click.command()
@_release
@pass_context
def approve(context: Context, release: str) -> None:
    """Let the hooks of a release run that a user published."""
    done = call(context, "PUT", _of(release, "approval"))
    context.show(done, f"the hooks of {done['slug']} {done['version']} run from now on")


@click.command()
@_release
@click.option("--undo", is_flag=True, help="Let it go like others.")
@pass_context
def keep(context: Context, release: str, *, undo: bool) -> None:
    """Let a release stay although nobody has it."""
    done = call(context, "DELETE" if undo else "PUT", _of(release, "keep"))
    news = "goes when nobody has it" if undo else "stays, whether somebody has it or not"
    context.show(done, f"{done['slug']} {done['version']} {news}")


def _of(release: str, what: str) -> str:
    slug, _, version = release.partition("@")
    if not version:
        raise click.BadParameter("name the release as SLUG@VERSION", param_hint="SLUG@VERSION")
    return address("plugins", slug, "releases", version, what)


COMMANDS = (yank, approve, keep)
