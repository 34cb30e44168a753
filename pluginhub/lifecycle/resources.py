"""What the verbs work with, and the lock that keeps one user's operations in order.

The order of locks: first this one, then the database. A hook may ask the server for something, as
any program may: it finds the database free, and waits only for its own user's turn, until it is
ended.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from pluginhub.config import Quotas
from pluginhub.database.connection import Database
from pluginhub.managers.manager import HookCode
from pluginhub.managers.registry import Registry
from pluginhub.models import Actor, Release
from pluginhub.storage.shared import SharedStorage
from pluginhub.tallies import Operations


@dataclass(frozen=True, slots=True)
class Resources:
    """Rows, files and memory.

    Attributes:
        host_version: Version of the application that the plugins run in; None is not compared.
        quotas: How much each user may store.
        operations: Counts what is done.
    """

    database: Database
    storage: SharedStorage
    registry: Registry
    host_version: str | None = None
    quotas: Quotas = field(default_factory=Quotas)
    operations: Operations = field(default_factory=Operations)
    _locks: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    @asynccontextmanager
    async def turn(self, order: "Order", verb: str) -> AsyncIterator[None]:
        """Wait until no other operation of the user goes on, and count the block as one.

        No other user waits for it. A dry run is no operation.
        """
        counted = nullcontext() if order.dry_run else self.operations.timed(verb)
        async with counted, self._locks.setdefault(order.user_id, asyncio.Lock()):
            yield

    def hook_code(self, release: Release) -> HookCode:
        """Return what a lifecycle manager has to know of a release."""
        return HookCode(
            slug=release.slug,
            version=release.version,
            path=self.storage.release_path(release.slug, release.version),
            hooks=release.manifest.hooks,
            contract=release.contract,
        )


@dataclass(frozen=True, slots=True)
class Order:
    """Who asks for what is done to whose plugins, and how.

    Attributes:
        user_id: Whose plugins.
        actor: Who asks, for the audit.
        dry_run: Return the plan, and change nothing.
        plan_id: The plan that was shown; anything else is refused.
        skip_hooks: Run no hooks, for plugins whose hooks stand in the way.
        if_match: Tags (``plan.tag_of``) of states that the plugin may be in; None for any.
    """

    user_id: str
    actor: Actor
    dry_run: bool = False
    plan_id: str | None = None
    skip_hooks: bool = False
    if_match: frozenset[str] | None = None
