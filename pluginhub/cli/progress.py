"""How commands that take long show how far they are: a bar on a terminal, else a line at times."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from pluginhub.care.working import Progress as Report
from pluginhub.cli.client import Client, address, connect
from pluginhub.cli.context import Context, complain
from pluginhub.errors import HubError

_PAUSE = 0.2  # seconds between two looks
_SELDOM = 10.0  # seconds between two lines


@contextmanager
def shown(context: Context, name: str) -> Iterator[Report]:
    """Show how far something is while the block runs, which tells it.

    Args:
        context: Says whether anybody wants to see it.
        name: What is being done, for instance ``verify``.
    """
    if context.quiet or context.as_json:
        yield lambda _done, _total: None
    elif sys.stderr.isatty():
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        console = Console(stderr=True)
        with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
            task = bar.add_task(name, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
    else:
        yield _Lines(name).report


class _Lines:
    """Prints a line now and then."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._next = time.monotonic() + _SELDOM

    def report(self, done: int, total: int) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _SELDOM
            complain(f"{self._name}: {done} of {total}")


def call_long(context: Context, name: str, path: str, **arguments: Any) -> Any:
    """Send a POST that takes long, show how far it is, and return the decoded answer.

    Args:
        context: The global options.
        name: As the hub calls the work.
        path: Where to.
        **arguments: As for ``Client.request``.
    """

    async def request() -> Any:
        async with connect(context.settings.config) as client:
            with shown(context, name) as report:
                looking = asyncio.create_task(_look(client, name, report))
                try:
                    return await client.request("POST", path, **arguments)
                finally:
                    looking.cancel()

    return asyncio.run(request())


async def _look(client: Client, name: str, report: Report) -> None:
    with contextlib.suppress(HubError):  # what it means, the answer that is waited for tells
        while True:
            await asyncio.sleep(_PAUSE)
            found = await client.request("GET", address("plugins", "system", "working"))
            for work in found["working"]:
                if work["name"] == name:
                    report(work["done"], work["total"])
