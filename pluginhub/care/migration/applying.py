"""Carries out the plan of a migration: releases first, then each user in one transaction.

Begun again after a crash, it goes on where it was: what is published is not published again, and
who has been migrated is left alone.
"""

import secrets
from dataclasses import dataclass, field, replace

from pluginhub.care.migration.belongings import Belongings, Brought
from pluginhub.care.migration.plan import Content, Holding, Person, Plan
from pluginhub.care.migration.source import Skipped
from pluginhub.care.migration.survey import Progress
from pluginhub.database import audit, installations, plugin_rows, states, users
from pluginhub.database.connection import Connection, Database
from pluginhub.errors import HookAnswerError, HubError
from pluginhub.lifecycle.publish import publish
from pluginhub.models import Actor, Installation, Origin, Release, User
from pluginhub.storage.shared import SharedStorage

ACTOR = Actor(None, "migration", admin=True)
_DONE = "migrate"


@dataclass(slots=True)
class Applied:
    """What was done.

    Attributes:
        releases: Those that were not published before.
        users: Accounts that were made.
        installations: What users got.
        states: States of plugins that were taken over.
        skipped: What could not be done, and why.
    """

    releases: int = 0
    users: int = 0
    installations: int = 0
    states: int = 0
    skipped: list[Skipped] = field(default_factory=list)


class Applier:
    """Carries out a plan.

    Args:
        database: Gets the rows.
        storage: Gets the files.
        belongings: Knows what else users have.
        migration: The id of the migration.
    """

    def __init__(
        self, database: Database, storage: SharedStorage, belongings: Belongings, migration: str
    ) -> None:
        self._database = database
        self._storage = storage
        self._belongings = belongings
        self._migration = migration
        self._published: dict[int, Release] = {}
        self._named: dict[int, set[str]] = {}
        self.applied = Applied()

    async def apply(self, plan: Plan, progress: Progress) -> None:
        """Do everything; ``applied`` says what was done."""
        total = len(plan.contents) + len(plan.people)
        for done, content in enumerate(plan.contents, start=1):
            await self._publish(content)
            progress(done, total)
        async with self._database.snapshot() as connection:
            before = await audit.users_of(connection, _DONE, self._migration)
        for done, person in enumerate(plan.people, start=len(plan.contents) + 1):
            if person.id not in before:
                await self._give(person)
            progress(done, total)

    async def _publish(self, content: Content) -> None:
        named = {"slug": content.slug, "version": content.becomes}
        manifest = content.described.manifest.model_copy(update=named)
        try:
            done = await publish(
                self._database,
                self._storage,
                content.folder,
                actor=ACTOR,
                origin=_origin(content),
                described=replace(content.described, manifest=manifest),
            )
        except HubError as error:
            self.applied.skipped.append(Skipped(str(content.folder), error.message))
            return
        self._published[id(content)] = done.release
        self._named[id(content)] = await self._belongings.named_by(content.folder)
        self.applied.releases += done.created

    async def _give(self, person: Person) -> None:
        brought = await self._belongings.of(person)
        async with self._database.transaction() as tx:
            now = self._database.now()
            if await users.find_by_id(tx, person.id) is None:
                await users.add(tx, _account(person, now), person.password_hash)
                self.applied.users += 1
            for holding in person.holdings:
                if release := self._published.get(id(holding.content)):
                    await self._install(tx, person, holding, release, brought)
            await self._store(tx, person, brought, now)
            await audit.record(
                tx, ACTOR, _DONE, person.name, now, user_id=person.id, migration=self._migration
            )

    async def _install(
        self,
        tx: Connection,
        person: Person,
        holding: Holding,
        release: Release,
        brought: Brought,
    ) -> None:
        now = self._database.now()
        if present := await installations.find(tx, person.id, release.slug):
            if present.release.id != release.id:
                reason = f"{person.name} has {present.release} here, and keeps it"
                self.applied.skipped.append(Skipped(str(release), reason))
            return
        installation = brought.into(_installation(person, holding, release, now))
        await installations.add(tx, installation)
        if rows := brought.settings_of(self._named[id(holding.content)]):
            await plugin_rows.replace(tx, installation.id, rows)
        await audit.record(
            tx,
            ACTOR,
            "install",
            str(release),
            now,
            user_id=person.id,
            slug=release.slug,
            migration=self._migration,
        )
        self.applied.installations += 1

    async def _store(self, tx: Connection, person: Person, brought: Brought, now: int) -> None:
        for state in brought.states:
            try:
                await states.change(tx, person.id, removed=(), written=[state], now=now)
            except HookAnswerError as error:
                self.applied.skipped.append(Skipped(f"a state of {person.name}", error.message))
            else:
                self.applied.states += 1


def _origin(content: Content) -> Origin | None:
    url = content.source_url
    if not url or not url.startswith("https://"):
        return None
    return Origin("github" if url.startswith("https://github.com/") else "url", url)


def _account(person: Person, now: int) -> User:
    return User(
        id=person.id,
        name=person.name,
        email=person.email,
        role=person.role,
        enabled=person.enabled,
        created_at=person.created_at or now,
        updated_at=now,
    )


def _installation(person: Person, holding: Holding, release: Release, now: int) -> Installation:
    at = holding.installed_at or now
    return Installation(
        id=secrets.token_hex(16),
        user_id=person.id,
        release=release,
        enabled=holding.enabled,
        config=dict(holding.config),
        installed_at=at,
        updated_at=at,
    )
