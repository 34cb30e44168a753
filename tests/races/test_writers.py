"""200 users change what is theirs at the same time, and some go away before they are answered.

What they were told is done is there afterwards, what was refused is not, and nothing is by half.
"""

import asyncio
import json
import random
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from aiohttp import TCPConnector
from aiohttp.test_utils import TestClient

from pluginhub.app import create_app
from tests import bundles
from tests.conftest import Hub, settings, started
from tests.depth import DEPTH

_USERS = 200
_CHANGES = 6 * DEPTH  # of one user
_REFUSALS = {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}
_LONGEST = 0.1  # seconds until somebody goes away
_CONFIG = "/api/plugins/Clock/config"
_STATES = "/api/v1/plugin-state"


@dataclass(frozen=True)
class Change:
    """A request that changes something, and what it leaves if it is done."""

    method: str
    path: str
    body: dict[str, Any]
    leaves: tuple[str, ...]
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Writer:
    """A user, and what was answered to them.

    Attributes:
        asked: What was sent, and how often.
        told: What of it is done.
        refused: What is not, because they were told so or did not send all of it.
    """

    hub: Hub
    name: str
    headers: dict[str, str]
    chance: random.Random
    told: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)

    async def write(self) -> None:
        for number in range(_CHANGES):
            change = self._change(number)
            way = self.chance.choice([self._wait, self._wait, self._wait, self._leave, self._cut])
            await way(change)

    def _change(self, number: int) -> Change:
        key = f"{self.name}-{number}"
        state = {"plugin_id": "Clock", "state_key": key, "state_data": {"n": number}}
        other = {**state, "state_key": f"{key}-other"}
        config, both = {"config": {key: number}}, (key, f"{key}-other")
        return self.chance.choice(
            [
                Change("PATCH", _CONFIG, config, (key,)),
                Change("PATCH", _CONFIG, config, (key,), {"If-Match": '"another"'}),
                Change("POST", _STATES, state, (key,)),
                Change(
                    "POST",
                    f"{_STATES}/bulk",
                    {"states": [state, other]},
                    both,
                ),
                Change("POST", "/api/plugins/Board/install", {}, ("install Board",)),
                Change("DELETE", "/api/plugins/Board", {}, ("uninstall Board",)),
                Change("DELETE", "/api/plugins/Charts", {}, ("uninstall Charts",)),
            ]
        )

    async def _wait(self, change: Change) -> None:
        self.asked.update(change.leaves)
        answer = await self.hub.client.request(
            change.method, change.path, json=change.body, headers={**self.headers, **change.headers}
        )
        await answer.read()
        assert answer.ok or answer.status in _REFUSALS, await answer.text()
        (self.told if answer.ok else self.refused).update(change.leaves)

    async def _leave(self, change: Change) -> None:
        """Wait for the answer, but not for long."""
        task = asyncio.create_task(self._wait(change))
        asyncio.get_running_loop().call_later(self.chance.random() * _LONGEST, task.cancel)
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()

    async def _cut(self, change: Change) -> None:
        """Send a request, or only a part of it, and reset the connection."""
        server = self.hub.client.server
        _, writer = await asyncio.open_connection(server.host, server.port)
        body = json.dumps(change.body)
        head = {
            "Host": "hub",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **self.headers,
            **change.headers,
        }
        lines = [f"{change.method} {change.path} HTTP/1.1", *(f"{k}: {v}" for k, v in head.items())]
        request = "\r\n".join([*lines, "", body]).encode()
        end = self.chance.choice([len(request), self.chance.randrange(len(request))])
        (self.asked if end == len(request) else self.refused).update(change.leaves)
        writer.write(request[:end])
        await asyncio.sleep(self.chance.random() * _LONGEST)
        writer.transport.abort()


async def _serve(data: Path, *, cancelling: bool) -> list[Writer]:
    """Let all of them write, stop the server, and return them."""
    server = await started(create_app(settings(data)))
    server.handler.handler_cancellation = cancelling
    async with TestClient(server, connector=TCPConnector(limit=0)) as client:
        hub = Hub(client, data)
        for content in (
            bundles.bundle("Clock"),
            bundles.bundle("Charts"),
            bundles.bundle("Board", dependencies={"Charts": "*"}),
        ):
            await hub.publish(content)
        writers = await asyncio.gather(*(_writer(hub, number) for number in range(_USERS)))
        await asyncio.gather(*(writer.write() for writer in writers))
    return writers


async def _writer(hub: Hub, number: int) -> Writer:
    name = f"user{number}"
    headers = await hub.sign_in(await hub.add_user(name))
    await hub.install("Clock", headers)
    chance = random.Random(number)  # noqa: S311 - for variety, not for secrets
    return Writer(hub, name, headers, chance)


def _check(rows: sqlite3.Connection, writer: Writer) -> None:
    """Hold what a user was told against what there is."""
    [(user, config)] = rows.execute(
        "SELECT users.id, config FROM users JOIN installations ON user_id = users.id"
        " WHERE name = ? AND slug = 'Clock'",
        (writer.name,),
    )
    states = rows.execute("SELECT state_key FROM plugin_states WHERE user_id = ?", (user,))
    left = {*json.loads(config), *(key for (key,) in states)}
    history = rows.execute(
        "SELECT action || ' ' || slug FROM audit WHERE user_id = ? AND result = 'done'"
        " AND slug IN ('Board', 'Charts') ORDER BY id",
        (user,),
    )
    done = [verb for (verb,) in history]
    has = rows.execute("SELECT slug FROM installations WHERE user_id = ?", (user,))
    assert {slug for (slug,) in has} == {"Clock", *_replayed(done)}
    done += left
    assert writer.told <= Counter(done)
    assert Counter(verb for verb in done if verb != "install Charts") <= writer.asked
    assert not left & writer.refused.keys()
    pairs = [key for key in writer.asked if key.endswith("-other")]
    assert [key for key in pairs if (key in left) != (key.removesuffix("-other") in left)] == []


def _replayed(history: list[str]) -> set[str]:
    """Return what somebody has who began with nothing and did all this."""
    has: set[str] = set()
    for verb, _, slug in (line.partition(" ") for line in history):
        assert (verb == "uninstall") == (slug in has)
        has = has - {slug} if verb == "uninstall" else has | {slug}
        assert "Charts" in has or "Board" not in has
    return has


@pytest.mark.timeout(60 * DEPTH)
@pytest.mark.parametrize("cancelling", [False, True], ids=["as in production", "cancelled"])
async def test_nothing_that_was_acknowledged_is_lost(tmp_path: Path, cancelling: bool) -> None:
    """With ``cancelling`` the server also gives up on whoever goes away."""
    writers = await _serve(tmp_path / "data", cancelling=cancelling)
    with closing(sqlite3.connect(tmp_path / "data" / "pluginhub.db")) as rows:
        for writer in writers:
            _check(rows, writer)
    total: Counter[str] = sum((writer.told for writer in writers), Counter())
    assert total.total() > _USERS * _CHANGES / 4
