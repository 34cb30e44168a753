"""Looks after a migration whether every user's every plugin is served as it was."""

import asyncio

from pluginhub.cancellation import finish_in_thread
from pluginhub.care.migration.plan import Content, Person, Plan
from pluginhub.care.migration.survey import Progress
from pluginhub.database import fingerprints, release_files, releases
from pluginhub.database.connection import Database
from pluginhub.database.releases import Known
from pluginhub.errors import HubError
from pluginhub.storage import content as contents
from pluginhub.storage import inspection
from pluginhub.storage.shared import SharedStorage


async def validate(
    plan: Plan, database: Database, storage: SharedStorage, progress: Progress
) -> list[str]:
    """Return what is not as it was.

    Every file of every release is read, in shared storage and in one of the copies that it came
    from; and of every user it is looked up that what they have is, byte for byte, what they had.
    """
    async with database.snapshot() as connection:
        known = {
            (it.slug.lower(), it.version): it for it in await releases.list_published(connection)
        }
    problems: list[str] = []
    total = len(plan.contents) + len(plan.people)
    for done, content in enumerate(plan.contents, start=1):
        release = known.get((content.slug.lower(), content.becomes))
        problems += await _of_content(content, release, database, storage)
        progress(done, total)
    for done, person in enumerate(plan.people, start=len(plan.contents) + 1):
        problems += await _of_person(person, database)
        progress(done, total)
    return problems


async def _of_content(
    content: Content, release: Known | None, database: Database, storage: SharedStorage
) -> list[str]:
    if release is None:
        return [f"{content} is not published"]
    try:
        digest, _ = await finish_in_thread(contents.survey, content.folder)
    except (HubError, OSError) as error:
        return [f"{content}: {content.folder} cannot be read any more: {error}"]
    if {digest, release.digest} != {content.digest}:
        return [f"{content}: {content.folder} was changed meanwhile"]
    async with database.snapshot() as connection:
        files = await release_files.list_of(connection, release.id)
    root, place = storage.place_of(release.slug, release.version)
    found = await asyncio.to_thread(inspection.inspect, root, place, files)
    return [f"{content}: {it.path}: {it.detail}" for it in found]


async def _of_person(person: Person, database: Database) -> list[str]:
    async with database.snapshot() as connection:
        has = await fingerprints.digests_of(connection, person.id)
    return [
        f"{person.name} has not the {holding.content.slug} that they had"
        for holding in person.holdings
        if has.get(holding.content.slug.lower()) != holding.content.digest
    ]
