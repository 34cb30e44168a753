"""``pluginhub publish``, ``list``, ``show`` and ``yank``."""

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


@click.command()
@click.argument("release", metavar="SLUG@VERSION")
@click.option("--reason", help="For those who have it.")
@click.option("--undo", is_flag=True, help="Bring it back.")
@pass_context
def yank(context: Context, release: str, reason: str | None, undo: bool) -> None:
    """Withdraw a release: nobody new gets it, and those who have it see a notice."""
    slug, _, version = release.partition("@")
    if not version:
        raise click.BadParameter("name the release as SLUG@VERSION", param_hint="SLUG@VERSION")
    path = address("plugins", slug, "releases", version, "yank")
    if undo:
        done = call(context, "DELETE", path)
    else:
        done = call(context, "PUT", path, json={"reason": reason})
    news = "is offered again" if undo else "is withdrawn"
    context.show(done, f"{done['slug']} {done['version']} {news}")


COMMANDS = (publish, list_all, show, yank)


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
                if result["unread"]:
                    context.say(f"  left out, as it is no literal: {', '.join(result['unread'])}")
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
