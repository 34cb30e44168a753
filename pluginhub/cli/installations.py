"""``pluginhub install``, ``update``, ``rollback``, ``uninstall``, ``enable``, ``disable`` ..."""

import sys
from typing import Any

import click

from pluginhub.cli.client import address, call
from pluginhub.cli.context import PARTLY, Context, pass_context
from pluginhub.cli.plans import ask, query, show_done, verb_with_hooks

_reset_config = click.option(
    "--reset-config", is_flag=True, help="Drop what that release refuses of the configuration."
)


@click.command()
@click.argument("plugin", metavar="SLUG[@VERSION_OR_RANGE]")
@click.option("--pre", is_flag=True, help="Also take pre-releases, now and in updates.")
@verb_with_hooks
@pass_context
def install(context: Context, /, plugin: str, pre: bool, **options: Any) -> None:
    """Give a user a plugin, and what it depends on; without a version, the highest."""
    slug, version = _choice(plugin)
    channel = "prerelease" if pre else "stable"
    path = address("plugins", slug, "install")
    done = ask(context, "POST", path, options, version=version, channel=channel)
    if done:
        user = options["user"]
        also = [step["slug"] for step in done["plan"]["steps"] if step["slug"] != done["slug"]]
        along = f", with {', '.join(also)}" if also else ""
        context.show(done, f"installed {done['slug']} {done['version']} for {user}{along}")


@click.command()
@click.argument("plugin", metavar="[SLUG[@VERSION_OR_RANGE]]", required=False)
@click.option("--all", "everything", is_flag=True, help="All plugins of the user.")
@_reset_config
@verb_with_hooks
@pass_context
def update(
    context: Context,
    /,
    plugin: str | None,
    everything: bool,
    reset_config: bool,
    **options: Any,
) -> None:
    """Move a user's plugin to another version; without one, to the highest."""
    if everything == bool(plugin):
        raise click.UsageError("name one plugin, or say --all")
    if plugin is None:
        _update_all(context, options, reset_config=reset_config)
        return
    slug, version = _choice(plugin)
    path = address("plugins", slug, "update")
    done = ask(context, "PUT", path, options, version=version, reset_config=reset_config)
    _show_move(context, done, options["user"])


@click.command()
@click.argument("slug")
@_reset_config
@verb_with_hooks
@pass_context
def rollback(context: Context, /, slug: str, reset_config: bool, **options: Any) -> None:
    """Return a user's plugin to the version that it was on before."""
    path = address("plugins", slug, "rollback")
    done = ask(context, "POST", path, options, reset_config=reset_config)
    _show_move(context, done, options["user"])


@click.command()
@click.argument("slug")
@verb_with_hooks
@pass_context
def uninstall(context: Context, /, slug: str, **options: Any) -> None:
    """Take a plugin from a user."""
    done = ask(context, "DELETE", address("plugins", slug), options)
    if done:
        context.show(done, f"uninstalled {done['slug']} {done['version']} from {options['user']}")
        _show_notes(context, done["plan"])


@click.command()
@click.argument("slug")
@click.option("--module", "modules", multiple=True, metavar="NAME", help="Only this module.")
@verb_with_hooks
@pass_context
def enable(context: Context, /, slug: str, modules: tuple[str, ...], **options: Any) -> None:
    """Switch a user's plugin, or some of its modules, on."""
    _switch(context, slug, "enable", modules, options)


@click.command()
@click.argument("slug")
@click.option("--module", "modules", multiple=True, metavar="NAME", help="Only this module.")
@verb_with_hooks
@pass_context
def disable(context: Context, /, slug: str, modules: tuple[str, ...], **options: Any) -> None:
    """Switch a user's plugin, or some of its modules, off."""
    _switch(context, slug, "disable", modules, options)


COMMANDS = (install, update, rollback, uninstall, enable, disable)


def _update_all(context: Context, options: dict[str, Any], *, reset_config: bool) -> None:
    if options["plan"] is not None:
        raise click.UsageError("--plan is for one plugin")
    body = {"reset_config": reset_config}
    done = call(context, "POST", address("plugins", "update"), params=query(**options), json=body)
    context.show_json(done)
    for plan in done["plans"]:
        for step in plan["steps"]:
            context.say(f"{step['slug']}: {step['from'] or '-'} to {step['to']}")
        for note in [*plan["notes"], *plan["blocked"]]:
            context.say(f"{note['slug']}: {note['text']}")
    blocked = sum(bool(plan["blocked"]) for plan in done["plans"])
    if blocked:
        sys.exit(PARTLY if blocked < len(done["plans"]) else 1)


def _show_move(context: Context, done: dict[str, Any] | None, user: str) -> None:
    if done is None:
        return
    before, after = done["previous_version"], done["version"]
    moved = f"is on {after} already" if before == after else f"went from {before} to {after}"
    context.show(done, f"{done['slug']} of {user} {moved}")
    _show_notes(context, done["plan"])


def _show_notes(context: Context, plan: dict[str, Any]) -> None:
    for note in plan["notes"]:
        context.say(note["text"])


def _switch(
    context: Context, slug: str, verb: str, modules: tuple[str, ...], options: dict[str, Any]
) -> None:
    path = address("plugins", slug, verb)
    if done := ask(context, "POST", path, options, modules=list(modules)):
        what = f"{', '.join(modules)} of {done['slug']}" if modules else done["slug"]
        show_done(context, done, f"{verb}d {what} for {options['user']}")


def _choice(plugin: str) -> tuple[str, str | None]:
    slug, _, version = plugin.partition("@")
    return slug, version or None
