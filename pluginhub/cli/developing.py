"""``pluginhub dev``."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import click

from pluginhub.authoring.check import check
from pluginhub.authoring.findings import Finding
from pluginhub.cli.client import address, connect_running
from pluginhub.cli.context import Context, complain, pass_context
from pluginhub.cli.publishing import opened
from pluginhub.cli.stopping import stop_event
from pluginhub.errors import HubError
from pluginhub.logs import printable
from pluginhub.sources import working_tree
from pluginhub.storage.archives.names import left_out


@click.command()
@click.argument("path", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--user", required=True, metavar="NAME", help="Who tries it out.")
@click.option("--keep", is_flag=True, help="Leave the last one installed at the end.")
@click.option(
    "--reset-config", is_flag=True, help="Drop what a release refuses of the configuration."
)
@pass_context
def dev(context: Context, path: Path, user: str, *, keep: bool, reset_config: bool) -> None:
    """Give a user what is in a directory, again whenever it is saved, and reload their page.

    Nobody else sees these releases, and each replaces the one before. What is wrong is told as
    `check` does, and the user keeps the last good one. Ctrl-C ends it: the user has again what
    they had before.
    """
    asyncio.run(_Session(context, path, user, reset_config=reset_config).run(keep=keep))


COMMANDS = (dev,)


class _Session:
    """One run of the command."""

    def __init__(self, context: Context, path: Path, user: str, *, reset_config: bool) -> None:
        self._context = context
        self._config = context.settings.config
        self._path = path.resolve()
        self._user = user
        self._query = {"user": user, **({"reset_config": "true"} if reset_config else {})}
        self._slugs: set[str] = set()  # of what the user got

    async def run(self, *, keep: bool) -> None:
        stop = stop_event()
        async with connect_running(self._config) as client:  # refuses before anything is watched
            await client.request("GET", address("plugins", "installed"), params=self._of_user)
        try:
            async for _ in working_tree.saves(self._path, left_out, stop):
                await self._save()
        finally:
            if not keep:
                await self._end()

    @property
    def _of_user(self) -> dict[str, str]:
        return {"user": self._user}

    async def _save(self) -> None:
        began = time.monotonic()
        try:
            found = await asyncio.to_thread(check, self._path)
            if errors := [each for each in found if each.is_error]:
                self._complain("not published, so the last good one stays", errors)
                return
            answer = await self._send()
        except (HubError, OSError) as error:  # files may change while they are read
            self._complain(str(error), [])
            return
        self._slugs.add(answer["slug"])
        if answer["created"]:
            self._tell(answer, time.monotonic() - began)

    async def _send(self) -> dict[str, Any]:
        async with connect_running(self._config) as client:
            with opened(self._path) as file:
                answer: dict[str, Any] = await client.request(
                    "POST", address("development"), params=self._query, data=file
                )
        return answer

    def _tell(self, answer: dict[str, Any], seconds: float) -> None:
        line = f"{answer['slug']} {answer['version']} for {self._user}, {seconds * 1000:.0f} ms"
        self._context.say(line)
        if self._context.as_json:
            click.echo(json.dumps({**answer, "seconds": round(seconds, 3)}))

    def _complain(self, reason: str, found: list[Finding]) -> None:
        for each in found:
            complain(str(each))
        complain(printable(reason))
        if self._context.as_json:
            shown = [each.as_json() for each in found]
            click.echo(json.dumps({"error": reason, "findings": shown}))

    async def _end(self) -> None:
        """Give the user back what they had."""
        for slug in sorted(self._slugs):
            async with connect_running(self._config) as client:
                path = address("development", slug)
                plan = (await client.request("DELETE", path, params=self._of_user))["plan"]
            for step in plan["steps"]:
                if step["slug"] == slug:
                    after = step.get("after") or "nothing, as before"
                    self._context.say(f"{slug}: {self._user} has {after}")
