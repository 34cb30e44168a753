"""``pluginhub demo``."""

import asyncio
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import resources
from pathlib import Path

import click

from pluginhub import logs
from pluginhub.app import create_app
from pluginhub.cli.client import Client, RefusedError, address, client_of
from pluginhub.cli.context import Context, pass_context
from pluginhub.cli.publishing import publish_path
from pluginhub.cli.server import announced, listening
from pluginhub.cli.stopping import stop_event
from pluginhub.config import Config, Log, Storage
from pluginhub.demo import host
from pluginhub.demo.users import USERS, DemoUser
from pluginhub.web import keys
from pluginhub.web.routing import add_routes

_CONFLICT = 409


@click.command()
@click.option("--host", "interface", default="127.0.0.1", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 picks a free one.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="Data directory of the demo; without it a temporary one, removed afterwards.",
)
@click.option(
    "--bundles",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Sample plugins as demo/build.py makes them; without it, those that pluginhub brings.",
)
@pass_context
def demo(
    context: Context, interface: str, port: int, keep: Path | None, bundles: Path | None
) -> None:
    """Run the real server with sample plugins, three users, and a page that shows them."""
    if context.config_file or any(context.flags.values()):
        raise click.UsageError("the demo has settings of its own; --keep DIR names its directory")
    with _folder(keep) as folder:
        storage = Storage(plugins_base_dir=folder, disk_reserve=0)
        config = Config(storage=storage, log=Log(level="warning"))
        logs.set_up(config.log)
        with _bundles(bundles) as samples:
            asyncio.run(_demo(context, config, samples, (interface, port)))


COMMANDS = (demo,)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep:
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="pluginhub-demo-") as folder:
        yield Path(folder)


@contextmanager
def _bundles(given: Path | None) -> Iterator[list[Path]]:
    with ExitStack() as stack:
        ours = resources.files("pluginhub.demo") / "bundles"
        folder = given or stack.enter_context(resources.as_file(ours))
        yield sorted(folder.glob("*.tar.gz"))


async def _demo(
    context: Context, config: Config, samples: list[Path], listen: tuple[str, int]
) -> None:
    app = create_app(config)
    add_routes(app, host.ROUTES)
    stop = stop_event()
    async with (
        listening(app, *listen) as url,
        announced(app, url),
        client_of(url, app[keys.OPERATOR_TOKEN]) as client,
    ):
        passwords = await _fill(client, samples)
        _tell(context, f"{url}/demo/", passwords)
        await stop.wait()


async def _fill(client: Client, samples: list[Path]) -> dict[str, str]:
    """Publish the sample plugins and make the users; return their passwords."""
    for path in samples:
        await publish_path(client, path)
    return {user.name: await _add(client, user) for user in USERS}


async def _add(client: Client, user: DemoUser) -> str:
    password = secrets.token_urlsafe(9)
    body = {"name": user.name, "role": user.role, "password": password}
    if not await _unless_there(client, address("users"), body):
        await client.request("PATCH", address("users", user.name), json={"password": password})
    for slug, version in user.plugins.items():
        path = address("plugins", slug, "install")
        await _unless_there(client, path, {"version": version}, user=user.name)
    return password


async def _unless_there(client: Client, path: str, body: dict[str, str], **query: str) -> bool:
    """Make something; return False if it is there, as in a kept data directory."""
    try:
        await client.request("POST", path, params=query, json=body)
    except RefusedError as error:
        if error.status != _CONFLICT:
            raise
        return False
    return True


def _tell(context: Context, url: str, passwords: dict[str, str]) -> None:
    if context.as_json:
        context.show_json({"url": url, "passwords": passwords})
        return
    click.echo(url)
    rows = [
        (
            user.name,
            passwords[user.name],
            user.role,
            ", ".join(f"{slug} {version}" for slug, version in user.plugins.items()),
        )
        for user in USERS
    ]
    context.show_table(rows, ("user", "password", "role", "plugins"), rows)
    context.say("Sign in as ann in one browser and as ben in another. Ctrl-C ends the demo.")
