"""``pluginhub configure``, ``pin``, ``unpin`` and ``channel``."""

import json
from typing import Any

import click

from pluginhub.cli.client import address, call
from pluginhub.cli.context import Context, pass_context

_for_user = click.option("--user", required=True, metavar="NAME", help="Whose plugin.")


@click.command()
@click.argument("slug")
@click.argument("values", nargs=-1, metavar="[KEY=VALUE...]")
@click.option("--unset", multiple=True, metavar="KEY", help="Let a key take its default again.")
@click.option("--file", type=click.File(), help="A JSON object that replaces everything.")
@_for_user
@pass_context
def configure(
    context: Context,
    slug: str,
    values: tuple[str, ...],
    *,
    unset: tuple[str, ...],
    file: Any,
    user: str,
) -> None:
    """Set a user's configuration of a plugin, or print it.

    A VALUE is JSON (true, 5, ["a"]); what is not JSON is text. KEY may be a path such as
    zone.name.
    """
    path, params = address("plugins", slug, "config"), {"user": user}
    if file:
        if values or unset:
            raise click.UsageError("--file replaces everything; give no KEY=VALUE beside it")
        done = call(context, "PUT", path, params=params, json={"config": _read(file)})
    elif values or unset:
        patch = _patch(values, unset)
        done = call(context, "PATCH", path, params=params, json={"config": patch})
    else:
        done = call(context, "GET", path, params=params)
    context.show(done, json.dumps(done["config"], indent=2, ensure_ascii=False))


@click.command()
@click.argument("plugin", metavar="SLUG[@RANGE]")
@_for_user
@pass_context
def pin(context: Context, plugin: str, user: str) -> None:
    """Let updates of a user's plugin stay within a range; without one, where it is."""
    slug, _, text = plugin.partition("@")
    done = call(
        context,
        "PUT",
        address("plugins", slug, "pin"),
        params={"user": user},
        json={"range": text or None},
    )
    context.show(done, f"{done['slug']} of {user} is pinned to {done['pin']}")


@click.command()
@click.argument("slug")
@_for_user
@pass_context
def unpin(context: Context, slug: str, user: str) -> None:
    """Let updates of a user's plugin lead anywhere again."""
    done = call(context, "DELETE", address("plugins", slug, "pin"), params={"user": user})
    context.show(done, f"{done['slug']} of {user} is not pinned")


@click.command()
@click.argument("slug")
@click.argument("channel", type=click.Choice(["stable", "prerelease"]))
@_for_user
@pass_context
def channel(context: Context, slug: str, channel: str, user: str) -> None:
    """Choose whether updates of a user's plugin may lead to pre-releases."""
    done = call(
        context,
        "PUT",
        address("plugins", slug, "channel"),
        params={"user": user},
        json={"channel": channel},
    )
    context.show(done, f"{done['slug']} of {user} is on the channel {done['channel']}")


COMMANDS = (configure, pin, unpin, channel)


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
