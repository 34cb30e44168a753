"""Entries of the audit as the verbs write them, and what listeners hear of them."""

from typing import Any

from pluginhub.database import audit
from pluginhub.database.connection import Database
from pluginhub.events import event
from pluginhub.events.event import Event, Viewer
from pluginhub.events.feed import Feed
from pluginhub.events.listener import Listener
from pluginhub.models import Actor

ANN, BEN = "a" * 32, "b" * 32
ROOT = Actor("c" * 32, "root", admin=True)
OF_ANN, OF_BEN = Viewer(ANN, admin=False), Viewer(BEN, admin=False)
ADMIN = Viewer(ROOT.user_id, admin=True)


async def record(
    database: Database, action: str, actor: Actor = ROOT, slug: str = "Clock", **more: Any
) -> None:
    """Write an entry of its own transaction."""
    async with database.transaction() as tx:
        await audit.record(tx, actor, action, f"{slug}@1.0.0", 1000, slug=slug, **more)


async def entries(database: Database) -> list[audit.Entry]:
    async with database.snapshot() as connection:
        return await audit.after(connection, 0, 1000)


async def events(database: Database) -> list[Event]:
    """Return all that happened."""
    return [it for it in map(event.of, await entries(database)) if it]


async def heard(feed: Feed, listener: Listener) -> list[int]:
    """Return the ids of all that a listener does not know yet and may see."""
    ids: list[int] = []
    while taken := await feed.take(listener):
        ids += [it.id for it in taken if event.shown(it, listener.viewer)]
    return ids
