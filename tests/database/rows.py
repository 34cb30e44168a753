"""Rows for tests, inserted by the functions that the verbs use."""

from dataclasses import replace
from typing import Any

from pluginhub.database import installations, plugins, releases, users
from pluginhub.database.connection import Database
from pluginhub.manifest import Manifest
from pluginhub.models import Installation, Release, ReleaseFile, Role, User
from tests import bundles

FILE = ReleaseFile("dist/remoteEntry.js", 3, "e" * 64, "text/javascript; charset=utf-8")


def user(name: str = "ann", digit: str = "a", role: Role = "user", **more: Any) -> User:
    values = {"email": None, "enabled": True, "created_at": 1, "updated_at": 2, **more}
    return User(id=digit * 32, name=name, role=role, **values)


def release(slug: str = "Clock", version: str = "1.0.0", **more: Any) -> Release:
    manifest = Manifest(**bundles.manifest(slug, version, **more))
    return Release(
        id=0,
        slug=slug,
        version=version,
        digest="d" * 64,
        size=3,
        manifest=manifest,
        source_type="local-file",
        source_url=f"local://{slug}",
        published_at=5,
        published_by=None,
    )


async def add_user(database: Database, name: str = "ann", digit: str = "a", **more: Any) -> User:
    new = user(name, digit, **more)
    async with database.transaction() as tx:
        await users.add(tx, new, password_hash=None)
    return new


async def publish(
    database: Database, slug: str = "Clock", version: str = "1.0.0", **more: Any
) -> Release:
    new = release(slug, version, **more)
    async with database.transaction() as tx:
        if not await plugins.find_slug(tx, slug):
            await plugins.add(tx, slug, None, 1)
        await releases.add(tx, new, [FILE], new.manifest.modules)
        return await releases.get(tx, slug, version)


def installation(owner: User, wanted: Release, now: int = 7, **more: Any) -> Installation:
    return Installation(
        id=f"{owner.id[0]}{wanted.slug:-<31}",
        user_id=owner.id,
        release=wanted,
        installed_at=now,
        updated_at=now,
        **{"enabled": True, "config": {}, **more},
    )


async def install(
    database: Database, owner: User, wanted: Release, now: int = 7, **more: Any
) -> Installation:
    async with database.transaction() as tx:
        await installations.add(tx, installation(owner, wanted, now, **more))
        return await installations.get(tx, owner.id, wanted.slug)


async def change(database: Database, before: Installation, **what: Any) -> Installation:
    async with database.transaction() as tx:
        await installations.change(tx, before, replace(before, **what))
        return await installations.get(tx, before.user_id, before.slug)


async def move(database: Database, before: Installation, to: Release, now: int = 9) -> Installation:
    left = before.release.id
    return await change(database, before, release=to, previous_release_id=left, updated_at=now)
