"""What happened to a user's plugin, and why it is as it is."""

from dataclasses import dataclass

from pluginhub.database import audit
from pluginhub.database.audit import Entry
from pluginhub.lifecycle import choose
from pluginhub.lifecycle.plan import Note
from pluginhub.lifecycle.resources import Resources
from pluginhub.models import Installation


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a plugin is on its release, and on or off.

    Attributes:
        reasons: The strongest first.
        last: The last change, or None if it was made before there was an audit.
    """

    installation: Installation
    reasons: tuple[Note, ...]
    last: Entry | None


async def history(
    resources: Resources,
    user_id: str,
    slug: str | None = None,
    *,
    before: int | None = None,
    limit: int = 100,
) -> list[Entry]:
    """Return what was done to a user's plugins, the newest first.

    Args:
        resources: What the verbs work with.
        user_id: Whose plugins.
        slug: Only this one; it need not be installed any more.
        before: Only entries with a lower id, to go on from an earlier answer.
        limit: How many entries at most.
    """
    async with resources.database.snapshot() as connection:
        return await audit.search(
            connection,
            user_id=user_id,
            slug=slug,
            result=audit.DONE,
            before=before,
            of_plugins=True,
            limit=limit,
        )


async def explain(resources: Resources, user_id: str, slug: str) -> Explanation:
    """Say why a user's plugin is on this release, and on or off.

    Raises:
        NotFoundError: It is not installed.
    """
    holdings = await choose.look(resources, user_id, slug)
    installation = holdings.installation_of(slug)
    version = installation.release.version
    reasons = [
        *_own(installation),
        *_of_others(installation, list(holdings.installed.values())),
        await choose.why_not_higher(resources, holdings, version, installation),
    ]
    last = await history(resources, user_id, installation.slug, limit=1)
    return Explanation(installation, tuple(reasons), last[0] if last else None)


def _own(installation: Installation) -> list[Note]:
    slug, release = installation.slug, installation.release
    found = []
    if not installation.enabled:
        found.append(Note("disabled", slug, f"{slug} is switched off"))
    if off := sorted(installation.disabled_modules):
        found.append(Note("modules-disabled", slug, f"switched off: {', '.join(off)}"))
    if installation.pin:
        found.append(Note("pin", slug, f"{slug} is pinned to {installation.pin}"))
    if installation.channel == "prerelease":
        found.append(Note("channel", slug, "updates may lead to pre-releases"))
    if installation.as_dependency:
        found.append(Note("dependency", slug, f"{slug} came along for another plugin"))
    if release.yanked_at:
        because = f": {release.yank_reason}" if release.yank_reason else ""
        found.append(Note("yanked", slug, f"{release} was withdrawn{because}"))
    return found


def _of_others(installation: Installation, others: list[Installation]) -> list[Note]:
    return [
        Note("range", installation.slug, f"{other.release} needs {installation.slug} {text}")
        for other in others
        for slug, text in other.release.manifest.dependencies.items()
        if slug.lower() == installation.slug.lower()
    ]
