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
from pluginhub.cli.context import Context, complain, pass_context
from pluginhub.cli.plans import dry_run as dry_run_option
from pluginhub.cli.plans import query
from pluginhub.errors import HubError
from pluginhub.storage import bundle

_PAGE = 1000  # plugins
_PARTLY = 3  # exit code


@click.command()
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    metavar="PATH...",
    type=click.Path(exists=True, path_type=Path),
)
@dry_run_option
@pass_context
def publish(context: Context, paths: tuple[Path, ...], dry_run: bool) -> None:
    """Publish bundles: .zip, .tar or .tar.gz files, or directories."""
    results = asyncio.run(_publish(context, paths, dry_run=dry_run))
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


@click.command()
@click.argument("release", metavar="SLUG@VERSION")
@click.option("--reason", help="For those who have it.")
@click.option("--undo", is_flag=True, help="Bring it back.")
@dry_run_option
@pass_context
def yank(
    context: Context, /, release: str, reason: str | None, *, undo: bool, dry_run: bool
) -> None:
    """Withdraw a release: nobody new gets it, and those who have it see a notice."""
    slug, _, version = release.partition("@")
    if not version:
        raise click.BadParameter("name the release as SLUG@VERSION", param_hint="SLUG@VERSION")
    path = address("plugins", slug, "releases", version, "yank")
    body = {} if undo else {"reason": reason}
    method = "DELETE" if undo else "PUT"
    done = call(context, method, path, params=query(dry_run=dry_run), json=body)
    if dry_run:
        context.show(done, *(note["text"] for note in done["plan"]["notes"]))
        return
    news = "is offered again" if undo else "is withdrawn"
    context.show(done, f"{done['slug']} {done['version']} {news}")


COMMANDS = (publish, list_all, show, yank)


async def _publish(
    context: Context, paths: tuple[Path, ...], *, dry_run: bool
) -> list[dict[str, Any]]:
    results = []
    async with connect(context.settings.config) as client:
        for path in paths:
            try:
                result = await publish_path(client, path, dry_run=dry_run)
            except HubError as error:
                complain(f"{path}: {error.message}")
                result = {"path": str(path), "error": error.code, "detail": error.message}
            else:
                _tell(context, result)
            results.append(result)
    return results


def _tell(context: Context, result: dict[str, Any]) -> None:
    news = "was published before:"
    if result["created"]:
        news = "would publish" if result.get("dry_run") else "published"
    context.say(f"{news} {result['slug']} {result['version']}")
    if result["unread"]:
        context.say(f"  left out, as it is no literal: {', '.join(result['unread'])}")


async def publish_path(client: Client, path: Path, *, dry_run: bool = False) -> dict[str, Any]:
    """Send a bundle to the hub, a directory as a tar archive, and return its answer.

    Args:
        client: Of the hub.
        path: Of the bundle.
        dry_run: Only let the hub judge it.

    Raises:
        HubError: It is refused, here or there.
    """
    with _opened(path) as file:
        params = query(dry_run=dry_run)
        answer: dict[str, Any] = await client.request(
            "POST", address("plugins"), params=params, data=file
        )
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
