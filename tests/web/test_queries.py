"""A parameter that nobody reads is refused: it may be a switch that was misspelt."""

import io
import re
from typing import Any

import pytest

from tests import bundles, hostile
from tests.conftest import Hub
from tests.web.api.calling import call, everything, user

PUBLISH = ("POST", "/api/plugins", "dry_run")
YANK = "/api/plugins/Clock/releases/1.0.0/yank"
NEITHER_OF_A_USER: list[tuple[str, str, str]] = [
    PUBLISH,
    ("PUT", YANK, "dry_run"),
    ("DELETE", YANK, "dry_run"),
    ("POST", "/api/users", ""),
    ("PATCH", "/api/users/ben", ""),
    ("DELETE", "/api/users/ben", ""),
]
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/api/users"): {"name": "cleo"},
    ("PATCH", "/api/users/ben"): {"enabled": False},
}


async def send(hub: Hub, method: str, path: str, query: str) -> tuple[int, Any]:
    """Send a request that would change something without its query."""
    url = f"{path}?{query}"
    if (method, path) == PUBLISH[:2]:
        body = io.BytesIO(bundles.bundle("Map"))
        async with hub.client.post(url, data=body, headers=hub.operator) as answer:
            return answer.status, await answer.json()
    return await call(hub, method, url, hub.operator, BODIES.get((method, path)))


@pytest.mark.parametrize(("method", "path", "known"), NEITHER_OF_A_USER)
async def test_an_unknown_parameter_is_named_and_nothing_is_done(
    hub: Hub, method: str, path: str, known: str
) -> None:
    await hub.publish(bundles.bundle())
    await hub.add_user("ben")
    before = await everything(hub)
    for name in ("dryrun", "user", "skip_hooks"):
        status, problem = await send(hub, method, path, f"{name}=true")
        assert (status, problem["code"]) == (422, "invalid"), name
        assert problem["detail"] == (
            f"unknown query parameters: '{name}'; this address knows {known or 'none'}"
        )
    assert await everything(hub) == before


async def test_all_unknown_parameters_are_named_once_in_plain_characters(hub: Hub) -> None:
    status, problem = await send(hub, *PUBLISH[:2], f"a=1&%1b=2&a=3&{'x' * 60}=4")
    assert status == 422
    names = problem["detail"].removeprefix("unknown query parameters: ").partition(";")[0]
    assert names == f"'a', '\\x1b', '{'x' * 50}'"


async def test_a_switch_of_publishing_is_true_or_false(hub: Hub) -> None:
    before = await everything(hub)
    status, problem = await send(hub, *PUBLISH[:2], "dry_run=maybe")
    assert (status, problem["detail"]) == (422, "dry_run: must be true or false, not 'maybe'")
    assert await everything(hub) == before
    status, answer = await send(hub, *PUBLISH[:2], "dry_run=false")
    assert (status, answer["slug"], "dry_run" in answer) == (201, "Map", False)


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("plugins/Clock/status", {"user"}),
        ("plugins/Clock/explain", {"user"}),
        ("plugins/Clock/history", {"user", "limit", "before"}),
        ("history", {"user", "limit", "before"}),
        ("audit", {"user", "slug", "action", "result", "limit", "before"}),
        ("managers", set()),
    ],
)
async def test_records_are_read_with_the_parameters_that_they_know(
    hub: Hub, path: str, known: set[str]
) -> None:
    await hub.publish(bundles.bundle())
    await hub.install("Clock", await user(hub))
    values = {"user": "ann", "limit": "5", "before": "9", "dry_run": "1", "Limit": "5"}
    values |= {"slug": "Clock", "action": "install", "result": "done", "since": "1"}
    whose = {"user": "ann"} if "user" in known else {}
    for name, value in values.items():
        async with hub.client.get(
            f"/api/{path}", params={**whose, name: value}, headers=hub.operator
        ) as answer:
            found = await answer.json()
        assert answer.status == (200 if name in known else 422), name
        assert name in known or name in found["detail"]


Parameter = tuple[str, str, bool]  # address, name, whether it is a number


async def parameters(hub: Hub, ids: dict[str, str]) -> list[Parameter]:
    """Return what all addresses that only read take in their query, by what they say of it."""
    async with hub.client.get("/openapi.json") as answer:
        document = await answer.json()
    found = []
    for path, operations in document["paths"].items():
        url = re.sub(r"\{(\w+)\}", lambda match: ids.get(match[1], "x"), path)
        for parameter in operations.get("get", {}).get("parameters", ()):
            kinds = str(parameter["schema"])
            if parameter["in"] == "query" and "boolean" not in kinds:
                found.append((url, parameter["name"], "integer" in kinds))
    return found


IDS = {"slug": "Clock", "id": "Clock", "version": "1.0.0", "module": "Face"}


async def world(hub: Hub) -> tuple[dict[str, str], list[Parameter]]:
    await hub.publish(bundles.bundle())
    await hub.install("Clock", await user(hub))
    root = await hub.sign_in(await hub.add_user("root", "admin"))
    await hub.install("Clock", root)
    return root, await parameters(hub, IDS)


@pytest.mark.timeout(60)
async def test_only_a_plain_number_is_a_number(hub: Hub) -> None:
    root, known = await world(hub)
    numbers = [(url, name) for url, name, is_number in known if is_number]
    assert len(numbers) >= 12
    for url, name in numbers:
        for text in hostile.NUMBERS:
            async with hub.client.get(url, params={name: text}, headers=root) as answer:
                assert answer.status in {400, 422}, (url, name, text)
        async with hub.client.get(url, params={name: "1"}, headers=root) as answer:
            assert answer.status == 200, (url, name)


@pytest.mark.timeout(60)
async def test_no_text_changes_what_is_asked_of_the_database(hub: Hub) -> None:
    root, known = await world(hub)
    texts = [(url, name) for url, name, is_number in known if not is_number]
    assert {name for _, name in texts} >= {"search", "category", "tag", "sort", "user"}
    before = await everything(hub)
    for url, name in texts:
        for text in hostile.STATEMENTS:
            async with hub.client.get(url, params={name: text}, headers=root) as answer:
                said = await answer.text()
                assert answer.status in {200, 404, 422}, (url, name, text)
            if answer.status == 200 and text not in {"%", "_", "*", "?", "\\", "'", '"'}:
                assert "The Clock" not in said, (url, name, text)
    assert await everything(hub) == before
