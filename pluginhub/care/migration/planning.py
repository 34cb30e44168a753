"""Makes the plan of a migration, and changes nothing."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from pluginhub.cancellation import finish_in_thread
from pluginhub.care.migration import holdings, naming, people, source, survey
from pluginhub.care.migration.naming import Target
from pluginhub.care.migration.people import Renamed
from pluginhub.care.migration.plan import Conflict, Person, Plan
from pluginhub.care.migration.survey import Progress
from pluginhub.database import old_application, releases, tombstones, users
from pluginhub.database.connection import Connection, Database
from pluginhub.database.old_application import OldApplication
from pluginhub.errors import BadSourceError
from pluginhub.models import User
from pluginhub.storage import temporary


async def make(
    root: Path,
    connection: Connection | None,
    application: OldApplication | None,
    names: Mapping[str, Renamed],
    progress: Progress,
) -> Plan:
    """Make a plan.

    Args:
        root: Directory of the old system.
        connection: To the database that everything goes to; None if there is none yet.
        application: The database of the old system; None if it is not given.
        names: What users are to be called, by id.
        progress: Is told how far it is.

    Raises:
        BadSourceError: The directory cannot be read.
    """
    try:
        found = await asyncio.to_thread(source.find, root)
    except OSError as error:
        raise BadSourceError(f"{root} cannot be read: {error.strerror}") from error
    surveyed = await finish_in_thread(survey.read, found, progress)
    contents = list(surveyed.contents.values())
    conflicts = naming.name_all(contents, await _target(connection))
    known = {owner: Person(owner, owner) for owner in sorted(found.users)}
    if application:
        await people.read(application, known)
    people.rename(known, names)
    conflicts += _meet(known, await users.list_all(connection) if connection else [])
    decider = holdings.Decider(contents, conflicts, found.skipped)
    noted = holdings.of_owner(found.references)
    for owner, person in known.items():
        own = surveyed.of_users.get(owner, [])
        decider.decide(person, own, [*person.notes, *noted.get(owner, [])])
    contents.sort(key=lambda it: (it.slug.lower(), it.becomes))
    everybody = list(known.values())
    return Plan(contents, everybody, conflicts, found.skipped, surveyed.copies, surveyed.size)


@asynccontextmanager
async def copy_of_target(database: Path) -> AsyncIterator[Connection | None]:
    """Read the database that everything goes to without touching it; None if there is none."""
    if not await asyncio.to_thread(database.is_file):
        yield None
        return
    async with temporary.directory() as folder:
        copy = folder / database.name
        await finish_in_thread(old_application.copy_at_rest, database, copy)
        async with Database.open(copy) as opened, opened.snapshot() as connection:
            yield connection


async def _target(connection: Connection | None) -> Target:
    if connection is None:
        return Target()
    known = await releases.list_published(connection)
    gone = await tombstones.list_all(connection)
    slugs = [*(it.slug for it in known), *(it.slug for it in gone)]
    taken = [*((it.slug, it.version) for it in known), *((it.slug, it.version) for it in gone)]
    return Target(
        {slug.lower(): slug for slug in slugs},
        {(it.slug.lower(), it.digest): it.version for it in known},
        frozenset((slug.lower(), version) for slug, version in taken),
    )


def _meet(people: Mapping[str, Person], accounts: list[User]) -> list[Conflict]:
    """Hold users against the accounts that there are, and against each other."""
    conflicts = []
    by_id = {account.id: account for account in accounts}
    names = {account.name.lower() for account in accounts}
    emails = {account.email.lower() for account in accounts if account.email}
    for person in people.values():
        if account := by_id.get(person.id):
            person.exists, person.name = True, account.name
            continue
        if person.name.lower() in names:
            other = f"{person.name}-{person.id[:8]}"
            conflicts.append(Conflict(f"the user {person.name}", f"the name is taken: {other}"))
            person.name = other
        if person.email and person.email.lower() in emails:
            conflicts.append(Conflict(f"the user {person.name}", "the e-mail address is taken"))
            person.email = None
        names.add(person.name.lower())
        emails |= {person.email.lower()} if person.email else set()
    return conflicts
