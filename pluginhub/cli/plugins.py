"""``pluginhub publish``, ``install``, ``update``, ``uninstall``, ``list`` and ``show``."""

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import click

from pluginhub.cli.client import Client, address, call, connect
from pluginhub.cli.context import Context, pass_context
from pluginhub.errors import HubError
from pluginhub.storage import bundle

_PARTLY = 3  # exit code

_for_user = click.option("--user", required=True, metavar="NAME", help="Whose plugin.")


@click.command()
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    metavar="PATH...",
    type=click.Path(exists=True, path_type=Path),
)
@pass_context
def publish(context: Context, paths: tuple[Path, ...]) -> None:
    """Publish bundles: .zip, .tar or .tar.gz files, or directories."""
    results = asyncio.run(_publish(context, paths))
    context.show_json({"published": results})
    failed = sum("error" in result for result in results)
    if failed:
        sys.exit(_PARTLY if failed < len(results) else 1)


@click.command()
@click.argument("plugin", metavar="SLUG[@VERSION]")
@_for_user
@pass_context
def install(context: Context, plugin: str, user: str) -> None:
    """Give a user a plugin; without a version, the highest."""
    slug, body = _choice(plugin)
    done = call(
        context, "POST", address("plugins", slug, "install"), params={"user": user}, json=body
    )
    context.show(done, f"installed {done['slug']} {done['version']} for {user}")


@click.command()
@click.argument("plugin", metavar="SLUG[@VERSION]")
@_for_user
@pass_context
def update(context: Context, plugin: str, user: str) -> None:
    """Move a user's plugin to another version; without one, to the highest."""
    slug, body = _choice(plugin)
    done = call(
        context, "PUT", address("plugins", slug, "update"), params={"user": user}, json=body
    )
    before, after = done["previous_version"], done["version"]
    moved = f"is on {after} already" if before == after else f"went from {before} to {after}"
    context.show(done, f"{done['slug']} of {user} {moved}")


@click.command()
@click.argument("slug")
@_for_user
@pass_context
def uninstall(context: Context, slug: str, user: str) -> None:
    """Take a plugin from a user."""
    done = call(context, "DELETE", address("plugins", slug), params={"user": user})
    context.show(done, f"uninstalled {done['slug']} {done['version']} from {user}")


@click.command("list")
@click.option("--user", metavar="NAME", help="What this user has installed.")
@pass_context
def list_all(context: Context, user: str | None) -> None:
    """List what is published, or what a user has installed."""
    if user:
        found = call(context, "GET", address("plugins", "installed"), params={"user": user})
        columns: tuple[str, ...] = ("plugin", "version", "enabled")
        rows: list[tuple[object, ...]] = [
            (item["slug"], item["version"], "yes" if item["enabled"] else "no")
            for item in found["installations"]
        ]
    else:
        found = call(context, "GET", address("plugins"))
        columns = ("plugin", "version", "users", "bytes")
        rows = [
            (plugin["slug"], release["version"], release["users"], release["size"])
            for plugin in found["plugins"]
            for release in plugin["releases"]
        ]
    context.show_table(found, columns, rows)


@click.command()
@click.argument("slug")
@pass_context
def show(context: Context, slug: str) -> None:
    """Show a plugin and its releases."""
    plugin = call(context, "GET", address("plugins", slug))
    context.say(f"{plugin['name']} ({plugin['slug']})\n{plugin['description']}")
    context.show_table(
        plugin,
        ("version", "users", "bytes", "modules", "published", "digest"),
        [
            (
                release["version"],
                release["users"],
                release["size"],
                ", ".join(release["modules"]),
                release["published_at"],
                release["digest"][:12],
            )
            for release in plugin["releases"]
        ],
    )


COMMANDS = (publish, install, update, uninstall, list_all, show)


async def _publish(context: Context, paths: tuple[Path, ...]) -> list[dict[str, Any]]:
    results = []
    async with connect(context.settings.config) as client:
        for path in paths:
            try:
                result = await publish_path(client, path)
            except HubError as error:
                click.echo(f"{path}: {error.message}", err=True)
                result = {"path": str(path), "error": error.code, "detail": error.message}
            else:
                news = "published" if result["created"] else "was published before:"
                context.say(f"{news} {result['slug']} {result['version']}")
            results.append(result)
    return results


async def publish_path(client: Client, path: Path) -> dict[str, Any]:
    """Send a bundle to the hub, a directory as a tar archive, and return its answer.

    Raises:
        HubError: It is refused, here or there.
    """
    with _opened(path) as file:
        answer: dict[str, Any] = await client.request("POST", address("plugins"), data=file)
    return answer


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    if not path.is_dir():
        with path.open("rb") as file:
            yield file
        return
    with tempfile.TemporaryFile() as packed:
        bundle.pack(path, packed)
        packed.seek(0)
        yield packed


def _choice(plugin: str) -> tuple[str, dict[str, str | None]]:
    slug, _, version = plugin.partition("@")
    return slug, {"version": version or None}
