"""An event says what was done, to those who may know it and to nobody else."""

import json
from typing import Any

from pluginhub.database.connection import Database
from pluginhub.events import event
from pluginhub.events.event import Event, Viewer
from pluginhub.models import Actor
from tests.events.world import ADMIN, ANN, OF_ANN, OF_BEN, events, record

PUBLIC = ("publish", "yank", "unyank", "approve", "remove", "withdraw")


async def made(database: Database, action: str, **more: Any) -> Event:
    await record(database, action, **more)
    return (await events(database))[-1]


def read(content: bytes | None) -> dict[str, Any]:
    assert content is not None
    found: dict[str, Any] = json.loads(content)
    return found


async def test_an_event_says_what_was_done_to_what(database: Database) -> None:
    found = await made(database, "update", user_id=ANN)
    assert read(found.whole) == {
        "id": 1,
        "type": "updated",
        "at": "1970-01-01T00:16:40Z",
        "slug": "Clock",
        "version": "1.0.0",
        "user": "ann",
        "actor": "root",
    }
    assert read(found.anonymous) == {**read(found.whole), "user": None, "actor": None}


async def test_what_was_refused_or_is_not_known_is_no_event(database: Database) -> None:
    await record(database, "update", result="busy")
    await record(database, "dance")
    assert await events(database) == []


async def test_what_is_about_a_user_is_seen_by_them_and_by_admins(database: Database) -> None:
    for action in (*PUBLIC, "install", "disable-user"):
        found = await made(database, action, user_id=ANN)
        assert event.shown(found, OF_ANN) == event.shown(found, ADMIN) == found.whole
        assert event.shown(found, OF_BEN) is None, action


async def test_what_happens_to_a_release_is_seen_by_everybody_without_names(
    database: Database,
) -> None:
    for action in PUBLIC:
        found = await made(database, action)
        assert event.shown(found, ADMIN) == found.whole
        seen = event.shown(found, OF_BEN)
        assert seen == found.anonymous
        assert b"root" not in (seen or b"")


async def test_who_published_sees_that_it_was_them(database: Database) -> None:
    found = await made(database, "publish", actor=Actor(ANN, "ann", admin=False))
    assert read(event.shown(found, OF_ANN))["actor"] == "ann"
    assert read(event.shown(found, OF_BEN))["actor"] is None


async def test_who_is_no_user_is_not_taken_for_another_who_is_none(database: Database) -> None:
    nobody = Viewer(None, admin=False)
    operator = Actor(None, "operator", admin=True)
    found = await made(database, "publish", actor=operator)
    assert event.shown(found, nobody) == found.anonymous
    assert event.shown(await made(database, "add-user"), nobody) is None


async def test_what_an_admin_did_to_somebody_is_not_theirs(database: Database) -> None:
    found = await made(database, "install", actor=Actor(ANN, "ann", admin=True), user_id="b" * 32)
    assert event.shown(found, OF_ANN) is None
