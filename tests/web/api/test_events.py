"""What happens is told to those who listen, for as long as they may know it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientPayloadError, ClientResponse

from pluginhub.accounts import users
from pluginhub.database import audit
from pluginhub.events.feed import Feed
from pluginhub.web import keys
from tests import bundles
from tests.conftest import OPERATOR, Hub, settings
from tests.web.conftest import serving

URL = "/api/v1/events"
Headers = dict[str, str]


@dataclass
class Stream:
    """What a client hears."""

    answer: ClientResponse
    first: str = ""
    last: int = 0
    beats: int = 0
    _kinds: list[str] = field(default_factory=list)

    async def block(self) -> str | None:
        """Return what comes up to the next empty line, or None at the end."""
        try:
            async with asyncio.timeout(8):
                found = await self.answer.content.readuntil(b"\n\n")
        except ClientPayloadError:
            return None
        return found.decode().removesuffix("\n\n") or None

    async def next(self) -> dict[str, Any]:
        """Return the next event."""
        while (text := await self.block()) is not None:
            if text.startswith(":"):
                self.beats += 1
                continue
            lines = dict(line.split(": ", 1) for line in text.splitlines())
            found: dict[str, Any] = json.loads(lines["data"])
            assert (found["id"], found["type"]) == (int(lines["id"]), lines["event"])
            self.last = found["id"]
            return found
        raise AssertionError("the stream ended")

    async def ended(self) -> bool:
        """Return whether there comes nothing more but signs of life."""
        while (text := await self.block()) is not None:
            assert text.startswith(":"), text
        return True


@asynccontextmanager
async def listening(hub: Hub, who: Headers, query: str = "", **more: str) -> AsyncIterator[Stream]:
    headers = {**who, **more}
    async with hub.client.get(f"{URL}{query}", headers=headers) as answer:
        assert (answer.status, answer.content_type) == (200, "text/event-stream")
        stream = Stream(answer)
        stream.first = await stream.block() or ""
        yield stream


async def test_what_happens_is_told_as_it_happens(hub: Hub) -> None:
    ann = await hub.sign_in(await hub.add_user("ann"))
    async with listening(hub, ann) as stream:
        assert stream.first.startswith("retry: 2000\nid: ")
        await hub.publish(bundles.bundle())
        found = await stream.next()
        assert (found["type"], found["slug"], found["version"]) == ("published", "Clock", "1.0.0")
        assert (found["user"], found["actor"]) == (None, None)
        await hub.install("Clock", ann)
        found = await stream.next()
        assert (found["type"], found["user"], found["actor"]) == ("installed", "ann", "ann")
        await hub.publish(bundles.bundle(version="2.0.0"))
        path = "/api/plugins/Clock"
        for method, below, body in [
            ("PUT", "/update", {}),
            ("POST", "/disable", {}),
            ("POST", "/enable", {}),
            ("PUT", "/config", {"config": {"a": 1}}),
            ("POST", "/rollback", {}),
            ("DELETE", "", None),
        ]:
            async with hub.client.request(method, path + below, json=body, headers=ann) as answer:
                assert answer.status == 200, await answer.text()
        yanked = f"{path}/releases/2.0.0/yank"
        for method in ("PUT", "DELETE"):
            async with hub.client.request(method, yanked, json={}, headers=hub.operator):
                pass
        told = [await stream.next() for _ in range(9)]
    assert [(it["type"], it["version"]) for it in told] == [
        ("published", "2.0.0"),
        ("updated", "2.0.0"),
        ("disabled", "2.0.0"),
        ("enabled", "2.0.0"),
        ("configured", "2.0.0"),
        ("rolled-back", "1.0.0"),
        ("removed", "1.0.0"),
        ("yanked", "2.0.0"),
        ("unyanked", "2.0.0"),
    ]
    async with hub.database.snapshot() as connection:
        [newest] = await audit.search(connection, limit=1)
    assert newest.id == told[-1]["id"]


async def test_users_hear_nothing_of_others_and_admins_hear_everything(hub: Hub) -> None:
    ann = await hub.sign_in(await hub.add_user("ann"))
    ben = await hub.sign_in(await hub.add_user("ben"))
    root = await hub.sign_in(await hub.add_user("root", "admin"))
    await hub.publish(bundles.bundle())
    async with listening(hub, ben) as of_ben, listening(hub, root) as of_root:
        await hub.install("Clock", ann)
        await hub.add_user("cleo")
        await hub.publish(bundles.bundle("Map"))
        seen = await of_ben.next()
        told = [await of_root.next() for _ in range(3)]
    assert (seen["type"], seen["slug"]) == ("published", "Map")
    assert [(it["type"], it["user"], it["actor"]) for it in told] == [
        ("installed", "ann", "ann"),
        ("user-added", "cleo", "operator"),
        ("published", None, "operator"),
    ]


async def test_an_admins_token_that_may_only_read_hears_what_users_hear(hub: Hub) -> None:
    await hub.add_user("root", "admin")
    await hub.publish(bundles.bundle())
    made = await hub.client.post("/api/tokens?user=root", json={"name": "x"}, headers=hub.operator)
    assert made.status == 201, await made.text()
    token = {"Authorization": f"Bearer {(await made.json())['token']}"}
    async with listening(hub, token) as stream:
        await hub.install("Clock", await hub.sign_in(await hub.add_user("ann")))
        await hub.publish(bundles.bundle("Map"))
        assert (await stream.next())["slug"] == "Map"


@pytest.mark.parametrize("way", ["header", "query"])
async def test_a_stream_goes_on_where_it_ended_after_a_restart_too(
    tmp_path: Path, way: str
) -> None:
    config = settings(tmp_path / "data")
    async with serving(config) as hub:
        ann = await hub.sign_in(await hub.add_user("ann"))
        async with listening(hub, ann) as stream:
            await hub.publish(bundles.bundle())
            last = (await stream.next())["id"]
        for number in range(2, 5):
            await hub.publish(bundles.bundle(version=f"{number}.0.0"))
    async with serving(config) as hub:
        query = f"?last_event_id={last}" if way == "query" else ""
        more = {"Last-Event-ID": str(last)} if way == "header" else {}
        async with listening(hub, ann, query, **more) as stream:
            versions = [(await stream.next())["version"] for _ in range(3)]
    assert versions == ["2.0.0", "3.0.0", "4.0.0"]


async def test_a_position_that_is_none_of_ours_means_from_now_on(hub: Hub) -> None:
    ann = await hub.sign_in(await hub.add_user("ann"))
    await hub.publish(bundles.bundle())
    for last in ("99999", "x", "9" * 40, "²", ""):
        async with listening(hub, ann, **{"Last-Event-ID": last.encode().decode("latin-1")}):
            pass
    async with listening(hub, ann, **{"Last-Event-ID": "99999"}) as stream:
        await hub.publish(bundles.bundle("Map"))
        assert (await stream.next())["slug"] == "Map"
    for wrong in ("?last_event_id=x", "?last_event_id=-1", "?since=1"):
        async with hub.client.get(URL + wrong, headers=ann) as answer:
            assert answer.status == 422


async def test_signs_of_life_are_sent(hub: Hub) -> None:
    ann = await hub.sign_in(await hub.add_user("ann"))
    async with listening(hub, ann) as stream:
        for _ in range(2):
            await hub.app[keys.FEED].beat()
            assert await stream.block() == ": still there"


async def test_who_signs_out_or_is_shut_out_hears_nothing_more(hub: Hub) -> None:
    for name in ("ann", "ben", "cleo"):
        user = await hub.add_user(name)
        who = await hub.sign_in(user)
        async with listening(hub, who) as stream:
            if name == "ann":
                await hub.client.post("/api/v1/auth/logout", headers=who)
            elif name == "ben":
                await users.set_enabled(hub.database, name, enabled=False, actor=OPERATOR)
            else:
                await users.remove(hub.database, name, actor=OPERATOR)
            await hub.publish(bundles.bundle(name))
            assert await stream.ended()


async def test_a_token_that_expires_ends_the_stream_at_the_next_sign_of_life(hub: Hub) -> None:
    ann = await hub.sign_in(await hub.add_user("ann"))
    async with listening(hub, ann) as stream:
        hub.database._clock = lambda: 10_000_000_000.0
        await hub.app[keys.FEED].beat()
        assert await stream.ended()


async def test_who_is_no_admin_any_more_hears_what_users_hear(hub: Hub) -> None:
    root = await hub.sign_in(await hub.add_user("root", "admin"))
    ann = await hub.sign_in(await hub.add_user("ann"))
    await hub.publish(bundles.bundle())
    async with listening(hub, root) as stream:
        async with hub.database.transaction() as tx:
            await tx.execute("UPDATE users SET role = 'user' WHERE name = 'root'")
        await hub.install("Clock", ann)
        await hub.publish(bundles.bundle("Map"))
        assert (await stream.next())["slug"] == "Map"


async def test_too_many_streams_are_refused_and_closed_ones_do_not_count(hub: Hub) -> None:
    ann = await hub.sign_in(await hub.add_user("ann"))
    open_ones = [await hub.client.get(URL, headers=ann) for _ in range(20)]
    async with hub.client.get(URL, headers=ann) as answer:
        assert (answer.status, "Retry-After" in answer.headers) == (429, True)
        assert "20 streams" in (await answer.json())["detail"]
    for one in open_ones:
        one.close()
    async with asyncio.timeout(8):
        while True:
            async with hub.client.get(URL, headers=ann) as answer:
                if answer.status == 200:
                    break
            await asyncio.sleep(0.01)


async def test_a_stop_does_not_wait_for_streams_not_even_for_who_reads_nothing(
    tmp_path: Path,
) -> None:
    async with asyncio.timeout(8):  # running requests would get 60 s
        async with serving(settings(tmp_path / "data"), shutdown_timeout=60) as hub:
            ann = await hub.sign_in(await hub.add_user("ann"))
            silent = await reading_nothing(hub, ann)
            await flood(hub)
            async with listening(hub, ann) as stream:
                await hub.client.server.close()
                assert await stream.ended()
            silent.close()


async def reading_nothing(hub: Hub, who: Headers) -> asyncio.StreamWriter:
    """Ask for events, and read none."""
    _, writer = await asyncio.open_connection("127.0.0.1", hub.client.port, limit=1)
    head = f"GET {URL} HTTP/1.1\r\nHost: hub\r\nAuthorization: {who['Authorization']}\r\n\r\n"
    writer.write(head.encode())
    return writer


async def flood(hub: Hub) -> None:
    """Let so much happen that a stream that is not read is held up."""
    feed: Feed = hub.app[keys.FEED]
    while not feed._all():  # noqa: ASYNC110 - a list tells nobody
        await asyncio.sleep(0.01)
    [listener] = feed._all()
    while True:
        before = listener.position
        async with hub.database.transaction() as tx:
            for _ in range(100):
                await audit.record(
                    tx, OPERATOR, "publish", f"Clock@{'1' * 10_000}", 1, slug="Clock"
                )
        await asyncio.sleep(0.1)
        if listener.position == before:
            return
