"""``pluginhub publish``."""

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import click

from pluginhub.cli.client import Client, RefusedError, address, connect
from pluginhub.cli.context import PARTLY, Context, complain, pass_context
from pluginhub.cli.plans import dry_run as dry_run_option
from pluginhub.cli.plans import query
from pluginhub.errors import HubError
from pluginhub.storage import bundle

_PAUSE = 0.2  # seconds between two looks at a job
_GITHUB = "github:"
_OF_BUNDLES = "bundle-"  # codes of what is wrong with a bundle


@click.command()
@click.argument(
    "bundles",
    nargs=-1,
    required=True,
    metavar="PATH_OR_URL...",
)
@dry_run_option
@pass_context
def publish(context: Context, bundles: tuple[str, ...], dry_run: bool) -> None:
    """Publish bundles: .zip, .tar or .tar.gz files, directories, or what lies elsewhere.

    Elsewhere is an https address of an archive, or of a repository at GitHub, which may be written
    github:OWNER/REPOSITORY[@TAG].
    """
    for name in bundles:
        if not _is_elsewhere(name) and not Path(name).exists():
            raise click.BadParameter(f"Path {name!r} does not exist.", param_hint="PATH_OR_URL...")
    results = asyncio.run(_publish(context, bundles, dry_run=dry_run))
    context.show_json({"published": results})
    failed = sum("error" in result for result in results)
    if failed:
        sys.exit(PARTLY if failed < len(results) else 1)


COMMANDS = (publish,)


async def _publish(
    context: Context, names: tuple[str, ...], *, dry_run: bool
) -> list[dict[str, Any]]:
    results = []
    async with connect(context.settings.config) as client:
        for name in names:
            try:
                result = await _publish_one(client, name, dry_run=dry_run)
            except HubError as error:
                complain(f"{name}: {error.message}")
                if error.code.startswith(_OF_BUNDLES) and not _is_elsewhere(name):
                    complain(f"pluginhub check {name} tells everything at once")
                result = {"path": name, "error": error.code, "detail": error.message}
            else:
                _tell(context, result)
            results.append(result)
    return results


async def _publish_one(client: Client, name: str, *, dry_run: bool) -> dict[str, Any]:
    if not _is_elsewhere(name):
        return await publish_path(client, Path(name), dry_run=dry_run)
    url, _, version = name.removeprefix(_GITHUB).partition("@")
    body: dict[str, Any] = {"source_url": url if name.startswith(_GITHUB) else name}
    if name.startswith(_GITHUB) and version:
        body["version"] = version
    params = query(dry_run=dry_run)
    job = await client.request("POST", address("plugins"), params=params, json=body)
    return await _followed(client, job)


async def _followed(client: Client, answer: dict[str, Any]) -> dict[str, Any]:
    """Return what publishing came to: at once, or when its job has ended."""
    while "state" in answer:
        if answer["state"] == "done":
            result: dict[str, Any] = answer["result"]
            return result
        if answer["state"] in {"failed", "cancelled"}:
            raise RefusedError(0, answer["error"] or {"detail": "the job was cancelled"})
        await asyncio.sleep(_PAUSE)
        answer = await client.request("GET", address("plugins", "jobs", answer["id"]))
    return answer


def _is_elsewhere(name: str) -> bool:
    return name.startswith((_GITHUB, "https://", "http://"))


def _tell(context: Context, result: dict[str, Any]) -> None:
    news = "was published before:"
    if result["created"]:
        news = "would publish" if result.get("dry_run") else "published"
    context.say(f"{news} {result['slug']} {result['version']}")
    if result.get("unread"):
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
    with opened(path) as file:
        params = query(dry_run=dry_run)
        answer: dict[str, Any] = await client.request(
            "POST", address("plugins"), params=params, data=file
        )
    return await _followed(client, answer)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Lend a bundle to be sent, a directory as a tar archive.

    Raises:
        BadBundleError: The directory holds what no bundle may hold.
    """
    if not path.is_dir():
        with path.open("rb") as file:
            yield file
        return
    with tempfile.TemporaryFile() as packed:
        bundle.pack(path, packed)
        packed.seek(0)
        yield packed
