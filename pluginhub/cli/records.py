"""``pluginhub status``, ``explain``, ``history``, ``audit`` and ``managers``."""

import json
from typing import Any

import click

from pluginhub.cli.client import address, call
from pluginhub.cli.context import Context, pass_context
from pluginhub.cli.plans import for_user

_limit = click.option("--limit", type=click.IntRange(1, 1000), default=100, help="How many.")


@click.command()
@click.argument("slug")
@for_user
@pass_context
def status(context: Context, slug: str, user: str) -> None:
    """Ask a user's plugin how it is."""
    found = call(context, "GET", address("plugins", slug, "status"), params={"user": user})
    said = f": {found['message']}" if found["message"] else ""
    context.show(found, f"{found['slug']} {found['version']} is {found['status']}{said}")


@click.command()
@click.argument("slug")
@for_user
@pass_context
def explain(context: Context, slug: str, user: str) -> None:
    """Say why a user's plugin is on its version, and on or off."""
    found = call(context, "GET", address("plugins", slug, "explain"), params={"user": user})
    state = "on" if found["enabled"] else "off"
    lines = [f"{found['slug']} {found['version']} of {user} is {state}"]
    lines += [f"- {reason['text']}" for reason in found["reasons"]]
    if last := found["last_change"]:
        lines.append(f"- last change: {last['action']} by {last['actor']} at {last['at']}")
    context.show(found, *lines)


@click.command()
@click.argument("slug", required=False)
@_limit
@for_user
@pass_context
def history(context: Context, slug: str | None, limit: int, user: str) -> None:
    """List what was done to a user's plugin, or to all of them, the newest first."""
    path = address("plugins", slug, "history") if slug else address("history")
    found = call(context, "GET", path, params={"user": user, "limit": limit})
    context.show_table(
        found,
        ("at", "action", "release", "by", "details"),
        [
            (item["at"], item["action"], item["target"], item["actor"], _details(item))
            for item in found["history"]
        ],
    )


@click.command()
@click.option("--user", metavar="NAME", help="Whose account or plugins.")
@click.option("--plugin", "slug", metavar="SLUG")
@click.option("--action", metavar="VERB")
@click.option("--result", metavar="CODE", help="done, or the code of an error.")
@_limit
@pass_context
def audit(context: Context, /, **wanted: Any) -> None:
    """List who did what to what, with what result, the newest first."""
    params = {name: value for name, value in wanted.items() if value is not None}
    found = call(context, "GET", address("audit"), params=params)
    context.show_table(
        found,
        ("at", "by", "from", "action", "target", "user", "result"),
        [
            (
                item["at"],
                item["actor"],
                item["address"] or "-",
                item["action"],
                item["target"],
                item["user"] or "-",
                item["result"],
            )
            for item in found["audit"]
        ],
    )


@click.command()
@pass_context
def managers(context: Context) -> None:
    """List the lifecycle managers that the server has in memory."""
    found = call(context, "GET", address("managers"))
    context.show_table(
        found,
        ("plugin", "version", "users", "calls", "failures", "pid", "bytes"),
        [
            (
                item["slug"],
                item["version"],
                item["users"],
                item["calls"],
                item["failures"],
                item["pid"] or "-",
                item["memory"] or "-",
            )
            for item in found["managers"]
        ],
    )


COMMANDS = (status, explain, history, audit, managers)


def _details(entry: dict[str, Any]) -> str:
    return ", ".join(f"{key} {_plain(value)}" for key, value in entry["details"].items())


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
