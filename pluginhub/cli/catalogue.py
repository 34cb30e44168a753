"""``pluginhub list`` and ``show``."""

import asyncio
from typing import Any

import click

from pluginhub.cli.client import address, call, connect
from pluginhub.cli.context import Context, pass_context

_PAGE = 1000  # plugins


@click.command("list")
@click.option("--user", metavar="NAME", help="What this user has installed.")
@pass_context
def list_all(context: Context, user: str | None) -> None:
    """List what is published, or what a user has installed."""
    if user:
        found = call(context, "GET", address("plugins", "installed"), params={"user": user})
        columns: tuple[str, ...] = ("plugin", "version", "enabled", "pin", "notice")
        rows: list[tuple[object, ...]] = [
            (
                item["slug"],
                item["version"],
                "yes" if item["enabled"] else "no",
                item["pin"] or "-",
                item["notice"] or "-",
            )
            for item in found["installations"]
        ]
    else:
        found = asyncio.run(_catalogue(context))
        columns = ("plugin", "version", "users", "bytes")
        rows = [
            (plugin["slug"], release["version"], release["users"], release["size"])
            for plugin in found["plugins"]
            for release in plugin["releases"]
        ]
    context.show_table(found, columns, rows)


async def _catalogue(context: Context) -> dict[str, Any]:
    """Return all pages of the catalogue as one."""
    plugins: list[Any] = []
    async with connect(context.settings.config) as client:
        while True:
            page = {"page": len(plugins) // _PAGE + 1, "limit": _PAGE}
            found = await client.request("GET", address("plugins"), params=page)
            plugins += found["plugins"]
            if len(plugins) >= found["total"] or not found["plugins"]:
                return {"plugins": plugins}


@click.command()
@click.argument("slug")
@pass_context
def show(context: Context, slug: str) -> None:
    """Show a plugin and its releases."""
    plugin = call(context, "GET", address("plugins", slug))
    context.say(f"{plugin['name']} ({plugin['slug']})", *plugin["description"].split("\n"))
    context.show_table(
        plugin,
        ("version", "users", "bytes", "modules", "published", "digest", "withdrawn"),
        [
            (
                release["version"],
                release["users"],
                release["size"],
                ", ".join(release["modules"]),
                release["published_at"],
                release["digest"][:12],
                (release["yank_reason"] or "yes") if release["yanked"] else "-",
            )
            for release in plugin["releases"]
        ],
    )


COMMANDS = (list_all, show)
