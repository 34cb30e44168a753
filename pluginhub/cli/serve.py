"""``pluginhub serve``."""

import asyncio
import gc
import os
import signal
import sys
from typing import NoReturn

import click
import structlog
from aiohttp import web

from pluginhub import logs
from pluginhub.app import create_app
from pluginhub.care.doctor.machine import OWN_FILES
from pluginhub.cli.context import Context, pass_context
from pluginhub.cli.reloading import reloading
from pluginhub.cli.server import announced, listening
from pluginhub.cli.stopping import stop_event
from pluginhub.config import Config
from pluginhub.database import users
from pluginhub.database.check import has_wal_reset_defect
from pluginhub.web import keys
from pluginhub.web.pages.sign_in import WELCOME

_INTERRUPTED = 130  # exit code after Ctrl-C, as shells have it

log = structlog.get_logger(__name__)


@click.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="0 picks a free one.")
@click.option("--safe-mode", is_flag=True, help="Run no hooks, and nothing in the background.")
@pass_context
def serve(context: Context, host: str | None, port: int | None, *, safe_mode: bool) -> None:
    """Run the server; the first line of output is its URL.

    SIGTERM and Ctrl-C stop it gracefully: running requests get 15 seconds to end. A second one
    stops it at once, with exit code 1 or 130; nothing that was answered as done is lost.

    Settings are read again when their file is saved, and at SIGHUP; the log tells which of them
    change with the next start only.

    After three starts in a row that went wrong, it runs in safe mode by itself.
    """
    context.flags |= {"server.host": host, "server.port": port}
    config = context.settings.config
    logs.set_up(config.log)
    asyncio.run(_serve(context, config, safe_mode=safe_mode))


COMMANDS = (serve,)


async def _serve(context: Context, config: Config, *, safe_mode: bool) -> None:
    _allow_open_files(config.server.max_connections)
    app = create_app(config, safe_mode=safe_mode)
    stop = stop_event(_stop_at_once)
    async with (
        listening(app, config.server.host, config.server.port) as url,
        announced(app, url),
    ):
        click.echo(url)
        if has_wal_reset_defect():
            log.warning("use no other program on the database: this SQLite could damage it")
        await _greet(context, app, url)
        _settle()
        async with reloading(context, app):
            await stop.wait()


def _stop_at_once(number: signal.Signals) -> NoReturn:
    """End as a crash does: what was committed is there, and workers end with their parent."""
    log.warning("stopped at once, without waiting for running requests", signal=number.name)
    sys.stderr.flush()
    os._exit(_INTERRUPTED if number == signal.SIGINT else 1)


def _allow_open_files(connections: int) -> None:
    """Ask the system for as many open files as the connections need, and tell if it refuses."""
    if sys.platform == "win32":  # there is no such limit
        return
    import resource  # noqa: PLC0415 - Windows has none

    wanted = connections + OWN_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted and soft != resource.RLIM_INFINITY:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        if allowed < wanted:
            log.warning(
                "server.max_connections is more than the limit of open files allows",
                limit=allowed,
                needed=wanted,
            )


def _settle() -> None:
    """Spare requests the pauses in which all that a start made is searched for garbage."""
    gc.collect()
    gc.freeze()


async def _greet(context: Context, app: web.Application, url: str) -> None:
    async with app[keys.DATABASE].snapshot() as connection:
        there = await users.count(connection)
    if not there:
        context.say(
            f"There is no user yet. Make the first admin at {url}/welcome/{app[WELCOME].code}",
            "or with: pluginhub user add --admin NAME",
        )
