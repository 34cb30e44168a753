"""How tests ask the native API, and what they read from its answers."""

import re
from typing import Any

from pluginhub.database.connection import fetch_all
from tests.conftest import Hub

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

Headers = dict[str, str]


async def call(
    hub: Hub, method: str, path: str, headers: Headers, body: Any = None
) -> tuple[int, Any]:
    """Send a request, and return status and decoded answer."""
    async with hub.client.request(method, path, json=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def ask(hub: Hub, method: str, path: str, headers: Headers, body: Any = None) -> Any:
    """Send a request about a plugin that has to succeed, and return the decoded answer."""
    status, answer = await call(hub, method, f"/api/plugins/{path}", headers, body)
    assert status in {200, 201}, answer
    return answer


async def refusal(
    hub: Hub, method: str, path: str, headers: Headers, body: Any = None
) -> tuple[int, str, str]:
    """Send a request about a plugin, and return status, code and sentence of the refusal."""
    status, answer = await call(hub, method, f"/api/plugins/{path}", headers, body)
    assert status >= 400, answer
    return status, answer["code"], answer["detail"]


async def user(hub: Hub, name: str = "ann") -> Headers:
    return await hub.sign_in(await hub.add_user(name))


async def installed(hub: Hub, headers: Headers) -> dict[str, str]:
    """Return the versions that a user has, by slug."""
    answer = await ask(hub, "GET", "installed", headers)
    return {item["slug"]: item["version"] for item in answer["installations"]}


async def everything(hub: Hub) -> dict[str, Any]:
    """Return all rows, and the names of all files."""
    async with hub.database.snapshot() as connection:
        tables = await fetch_all(
            connection,
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'sqlite_sequence'",
        )
        rows = {
            table["name"]: [
                tuple(row) for row in await fetch_all(connection, f"SELECT * FROM {table['name']}")
            ]
            for table in tables
        }
    folders = [hub.data / name for name in ("shared", "staging", "trash")]
    return {**rows, "files": sorted(str(path) for top in folders for path in top.rglob("*"))}


def steps(answer: Any) -> list[tuple[str, str, str | None, str | None]]:
    """Return action, slug and both versions of every step of a plan."""
    return [
        (step["action"], step["slug"], step["from"], step["to"]) for step in answer["plan"]["steps"]
    ]


def codes(notes: list[dict[str, str]]) -> list[str]:
    return [note["code"] for note in notes]
