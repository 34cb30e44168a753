"""Yank: nobody new gets a release; those who have it keep it, and see a notice."""

from pluginhub.database import audit, installations, plugins, releases
from pluginhub.database.connection import Connection, Database
from pluginhub.errors import ForbiddenError
from pluginhub.lifecycle import discard
from pluginhub.lifecycle.plan import Note, Plan
from pluginhub.lifecycle.resources import Resources
from pluginhub.models import Actor, Release


async def yank(
    database: Database, slug: str, version: str, *, actor: Actor, reason: str | None = None
) -> Release:
    """Withdraw a release.

    Args:
        database: Holds the row.
        slug: Which plugin.
        version: Which release.
        actor: Must own the plugin, or be an admin.
        reason: For those who have it.

    Raises:
        NotFoundError: There is no such release.
        ForbiddenError: The plugin belongs to someone else.
    """
    async with database.transaction() as tx:
        release = await _owned(tx, slug, version, actor)
        now = database.now()
        await releases.set_yanked(tx, release.id, now, reason)
        await audit.record(tx, actor, "yank", str(release), now, slug=release.slug, reason=reason)
        return await releases.get(tx, slug, version)


async def unyank(database: Database, slug: str, version: str, *, actor: Actor) -> Release:
    """Bring a withdrawn release back.

    Raises:
        NotFoundError: There is no such release.
        ForbiddenError: The plugin belongs to someone else.
    """
    async with database.transaction() as tx:
        release = await _owned(tx, slug, version, actor)
        await releases.set_yanked(tx, release.id, None, None)
        now = database.now()
        await audit.record(tx, actor, "unyank", str(release), now, slug=release.slug)
        return await releases.get(tx, slug, version)


async def plan_yank(
    database: Database, slug: str, version: str, *, actor: Actor, undo: bool = False
) -> Plan:
    """Say what withdrawing a release would mean, or bringing it back; nothing is changed.

    Args:
        database: Holds the row.
        slug: Which plugin.
        version: Which release.
        actor: Must own the plugin, or be an admin.
        undo: Bring it back.

    Returns:
        A plan without steps, for nobody's installation is touched; its notes say who has it.

    Raises:
        NotFoundError: There is no such release.
        ForbiddenError: The plugin belongs to someone else.
    """
    async with database.snapshot() as connection:
        release = await _owned(connection, slug, version, actor)
        users = (await installations.count_of(connection, [release.slug])).get(release.id, 0)
    news = _news_of_return(release) if undo else _news(release)
    notes = (Note("kept", release.slug, _who_keeps(release, users)), *news)
    verb = "unyank" if undo else "yank"
    return Plan(verb, actor.user_id or "", notes=notes, slug=release.slug)


def _who_keeps(release: Release, users: int) -> str:
    if users == 0:
        return f"nobody has {release}"
    return f"{users} {'user has' if users == 1 else 'users have'} {release}, and will keep it"


def _news(release: Release) -> list[Note]:
    found = [Note("withheld", release.slug, f"nobody new gets {release}")]
    if release.yanked_at is not None:
        text = f"{release} is withdrawn already; only the reason would be another"
        found.append(Note("withdrawn-already", release.slug, text))
    return found


def _news_of_return(release: Release) -> list[Note]:
    if release.yanked_at is None:
        return [Note("not-withdrawn", release.slug, f"{release} is not withdrawn")]
    return [Note("offered", release.slug, f"{release} is offered to everybody again")]


async def withdraw(resources: Resources, release: Release, *, actor: Actor) -> bool:
    """Take a release back that nobody has, as if it had never been published.

    Returns:
        False if somebody has it by now, or published it as well; then it stays.
    """
    async with resources.database.transaction() as tx:
        published = await audit.search(tx, slug=release.slug, action="publish")
        times = sum(entry.details.get("release") == release.id for entry in published)
        if times > 1 or await installations.refers_to(tx, release.id):
            return False
        await releases.remove(tx, release.id)
        await plugins.remove_without_releases(tx, release.slug)
        now = resources.database.now()
        await audit.record(tx, actor, "withdraw", str(release), now, slug=release.slug)
    resources.registry.evict(release.slug, release.version)
    await discard.files_of(resources.database, resources.storage, release.slug, release.version)
    return True


async def _owned(tx: Connection, slug: str, version: str, actor: Actor) -> Release:
    release = await releases.get(tx, slug, version)
    if not actor.admin and await plugins.owner_of(tx, release.slug) != actor.user_id:
        raise ForbiddenError(f"{release.slug} belongs to someone else", slug=release.slug)
    return release
