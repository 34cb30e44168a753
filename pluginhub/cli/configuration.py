"""``pluginhub configure``, ``pin``, ``unpin`` and ``channel``."""

import json
from typing import Any

import click

from pluginhub.cli.client import address, call
from pluginhub.cli.context import Context, pass_context
from pluginhub.cli.plans import ask, show_done, verb


@click.command()
@click.argument("slug")
@click.argument("values", nargs=-1, metavar="[KEY=VALUE...]")
@click.option("--unset", multiple=True, metavar="KEY", help="Let a key take its default again.")
@click.option("--file", type=click.File(), help="A JSON object that replaces everything.")
@verb
@pass_context
def configure(
    context: Context,
    /,
    slug: str,
    values: tuple[str, ...],
    unset: tuple[str, ...],
    file: Any,
    **options: Any,
) -> None:
    """Set a user's configuration of a plugin, or print it.

    A VALUE is JSON (true, 5, ["a"]); what is not JSON is text. KEY may be a path such as
    zone.name.
    """
    path = address("plugins", slug, "config")
    if file:
        if values or unset:
            raise click.UsageError("--file replaces everything; give no KEY=VALUE beside it")
        done = ask(context, "PUT", path, options, config=_read(file))
    elif values or unset:
        done = ask(context, "PATCH", path, options, config=_patch(values, unset))
    elif options["dry_run"] or options["plan"] is not None:
        raise click.UsageError("there is nothing to plan; give KEY=VALUE, --unset or --file")
    else:
        found = call(context, "GET", path, params={"user": options["user"]})
        context.show(found, *_lines(found["config"]))
        return
    if done:
        show_done(context, done, *_lines(done["config"]))


@click.command()
@click.argument("plugin", metavar="SLUG[@RANGE]")
@verb
@pass_context
def pin(context: Context, /, plugin: str, **options: Any) -> None:
    """Let updates of a user's plugin stay within a range; without one, where it is."""
    slug, named, text = plugin.partition("@")
    path = address("plugins", slug, "pin")
    if done := ask(context, "PUT", path, options, range=text if named else None):
        said = f"{done['slug']} of {options['user']} is pinned to {done['pin']}"
        show_done(context, done, said)


@click.command()
@click.argument("slug")
@verb
@pass_context
def unpin(context: Context, /, slug: str, **options: Any) -> None:
    """Let updates of a user's plugin lead anywhere again."""
    if done := ask(context, "DELETE", address("plugins", slug, "pin"), options):
        show_done(context, done, f"{done['slug']} of {options['user']} is not pinned")


@click.command()
@click.argument("slug")
@click.argument("channel", type=click.Choice(["stable", "prerelease"]))
@verb
@pass_context
def channel(context: Context, /, slug: str, channel: str, **options: Any) -> None:
    """Choose whether updates of a user's plugin may lead to pre-releases."""
    path = address("plugins", slug, "channel")
    if done := ask(context, "PUT", path, options, channel=channel):
        said = f"{done['slug']} of {options['user']} is on the channel {done['channel']}"
        show_done(context, done, said)


COMMANDS = (configure, pin, unpin, channel)


def _lines(config: Any) -> list[str]:
    return json.dumps(config, indent=2, ensure_ascii=False).split("\n")


def _read(file: Any) -> Any:
    try:
        return json.load(file)
    except ValueError as error:
        raise click.BadParameter(f"is not JSON: {error}", param_hint="--file") from error


def _patch(values: tuple[str, ...], unset: tuple[str, ...]) -> dict[str, Any]:
    patch: dict[str, Any] = {}
    for item in values:
        key, equals, text = item.partition("=")
        if not key or not equals:
            raise click.BadParameter(f"{item!r} is not KEY=VALUE", param_hint="KEY=VALUE")
        _set(patch, key, _value(text))
    for key in unset:
        _set(patch, key, None)
    return patch


def _set(patch: dict[str, Any], path: str, value: Any) -> None:
    *above, last = path.split(".")
    for key in above:
        patch = patch.setdefault(key, {})
        if not isinstance(patch, dict):
            raise click.BadParameter(f"{path}: {key} is given a value of its own as well")
    if last in patch:
        raise click.BadParameter(f"{path} is given twice")
    patch[last] = value


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
