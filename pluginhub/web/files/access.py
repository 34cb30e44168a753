"""Who may load files of which release: decided from rows once, then from memory.

No answer from memory is older than the last acknowledged change: see database/remembered.py.
"""

from dataclasses import dataclass
from typing import Literal

from pluginhub.database import former_ids, installations, tombstones
from pluginhub.database.connection import Database
from pluginhub.database.installations import Loadable
from pluginhub.database.remembered import Remembered
from pluginhub.errors import GoneError
from pluginhub.web.capabilities import Capabilities
from pluginhub.web.compat import ids

_MOST = 50_000  # decisions, a few hundred bytes each

# The plugin id as it was sent, and what proves who asks: the id of a user is no capability.
Key = tuple[Literal["capability", "user"], str, str]


@dataclass(frozen=True, slots=True)
class Grant:
    """A decision: somebody may load files of a release.

    Attributes:
        until: Seconds since 1970; None for as long as nothing changes.
    """

    release: Loadable
    until: int | None


class Access:
    """Decides.

    Args:
        database: Knows who has what.
        capabilities: Recognises them.
        grace: Seconds for which pages may load a release that its user has left.
    """

    def __init__(self, database: Database, capabilities: Capabilities, grace: int) -> None:
        self._database = database
        self._capabilities = capabilities
        self._grace = grace
        self._known: Remembered[Key, Grant] = Remembered(database.changes, _MOST)

    def known_by_capability(self, plugin_id: str, capability: str) -> Grant | None:
        """Return what was decided by a capability before, if it still holds."""
        return self._valid(("capability", plugin_id, capability))

    def known_by_user(self, plugin_id: str, user_id: str) -> Grant | None:
        """Return what was decided for a signed-in user before, if it still holds."""
        return self._valid(("user", plugin_id, user_id))

    def _valid(self, key: Key) -> Grant | None:
        grant = self._known.get(key)
        if grant is None:
            return None
        if grant.until is not None and self._database.now() >= grant.until:
            return None
        return grant

    async def by_capability(self, plugin_id: str, capability: str) -> Grant | None:
        """Decide by a capability; None if it is not one for this plugin.

        Raises:
            GoneError: It was one for a release that is gone.
        """
        user_id, slug = ids.parse_plugin_id(plugin_id)
        since = self._known.now()
        for candidate in await self._loadable(user_id or "", slug, plugin_id):
            allows = self._capabilities.allows
            if allows(capability, candidate.installation_id, candidate.digest):
                key: Key = ("capability", plugin_id, capability)
                return self._keep(since, user_id or "", key, candidate)
        await self._refuse_gone(user_id or "", slug, capability)
        return None

    async def _refuse_gone(self, user_id: str, slug: str, capability: str) -> None:
        async with self._database.snapshot() as connection:
            gone = await tombstones.digests_beside(connection, user_id, slug)
        if any(self._capabilities.allows(capability, *known) for known in gone):
            raise GoneError("this release was removed", slug=slug)

    async def by_user(self, plugin_id: str, user_id: str) -> Grant | None:
        """Decide for a signed-in user: the release that they are on; None if there is none."""
        owner, slug = ids.parse_plugin_id(plugin_id)
        if owner not in {None, user_id}:
            return None
        since = self._known.now()
        for candidate in await self._loadable(user_id, slug, plugin_id):
            if candidate.current:
                return self._keep(since, user_id, ("user", plugin_id, user_id), candidate)
        return None

    async def _loadable(self, user_id: str, slug: str, plugin_id: str) -> list[Loadable]:
        left_after = self._database.now() - self._grace
        async with self._database.snapshot() as connection:
            if found := await installations.loadable(connection, user_id, slug, left_after):
                return found
            former = await former_ids.slug_of(connection, user_id, plugin_id)
            if former is None:
                return []
            return await installations.loadable(connection, user_id, former, left_after)

    def _keep(self, since: int, user_id: str, key: Key, release: Loadable) -> Grant:
        left = release.left_at
        grant = Grant(release, None if left is None else left + self._grace)
        self._known.keep(key, grant, user_id, since)
        return grant
