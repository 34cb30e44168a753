"""A data directory with many users, written through the query layer."""

import secrets
from pathlib import Path

from bench.bundles import ENTRY, bundle
from pluginhub.accounts.passwords import Passwords
from pluginhub.app import create_app
from pluginhub.config import Config, Storage
from pluginhub.database import installations, users
from pluginhub.database.connection import Database
from pluginhub.lifecycle.publish import publish
from pluginhub.models import Actor, Installation, Release, User
from pluginhub.storage.shared import SharedStorage
from pluginhub.web import keys

PASSWORD = "correct horse battery"
PLUGINS, VERSIONS, MODULES = 20, ("1.0.0", "2.0.0"), 5

_OPERATOR = Actor(None, "operator", admin=True)
_TOGETHER = 500  # users in a transaction


async def make(data: Path, count: int) -> None:
    """Make a data directory.

    Args:
        data: Where it is to be.
        count: Users ``user0`` and so on, who have all plugins, in one version or another.
    """
    app = create_app(
        Config(storage=Storage(plugins_base_dir=data, disk_reserve=0)), for_a_moment=True
    )
    app.freeze()
    await app.startup()
    try:
        database, storage = app[keys.DATABASE], app[keys.STORAGE]
        offered = [
            [await _offer(database, storage, f"Plugin{number}", version) for version in VERSIONS]
            for number in range(PLUGINS)
        ]
        password_hash = await Passwords().hash(PASSWORD)
        for first in range(0, count, _TOGETHER):
            some = range(first, min(first + _TOGETHER, count))
            await _settle(database, some, offered, password_hash)
    finally:
        await app.cleanup()


async def _offer(database: Database, storage: SharedStorage, slug: str, version: str) -> Release:
    files = {ENTRY: f"var {slug};".encode() * 300}
    async with storage.staging() as folder:
        file = folder / "bundle"
        file.write_bytes(bundle(slug, files, version, modules=MODULES))
        return (await publish(database, storage, file, actor=_OPERATOR)).release


async def _settle(
    database: Database, numbers: range, offered: list[list[Release]], password_hash: str
) -> None:
    now = database.now()
    async with database.transaction() as tx:
        for number in numbers:
            user = User(secrets.token_hex(16), f"user{number}", None, "user", True, now, now)
            await users.add(tx, user, password_hash)
            for releases in offered:
                release = releases[number % len(releases)]
                installation = Installation(
                    secrets.token_hex(16), user.id, release, True, {}, now, now
                )
                await installations.add(tx, installation)
