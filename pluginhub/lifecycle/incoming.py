"""Publishes what is put into the incoming folder."""

from contextlib import aclosing

import structlog

from pluginhub.database.connection import Database
from pluginhub.errors import BadBundleError, ConflictError, ForbiddenError
from pluginhub.lifecycle.publish import publish
from pluginhub.models import Actor
from pluginhub.sources.incoming import Incoming
from pluginhub.storage.shared import SharedStorage
from pluginhub.tallies import Operations

log = structlog.get_logger(__name__)

_ACTOR = Actor(None, "operator", admin=True)  # the folder is open to nobody else
_REFUSALS = (BadBundleError, ConflictError, ForbiddenError, PermissionError)


async def publish_incoming(
    database: Database, storage: SharedStorage, incoming: Incoming, operations: Operations
) -> None:
    """Publish every bundle that comes, for ever.

    Raises:
        OSError: The folder cannot be used.
        NoSpaceError: The disk is too full; the bundle stays where it is.
    """
    async with aclosing(incoming.bundles()) as bundles:
        async for bundle in bundles:
            try:
                published = await publish(
                    database, storage, bundle, actor=_ACTOR, operations=operations
                )
            except FileNotFoundError:
                continue  # taken away meanwhile
            except _REFUSALS as error:
                log.warning(
                    "refused from the incoming folder",
                    file=bundle.name,
                    reason=str(error),
                )
                await incoming.failed(bundle, str(error))
            else:
                log.info("published from the incoming folder", release=str(published.release))
                await incoming.done(bundle)
