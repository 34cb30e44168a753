"""The tail of the audit: one reader, who keeps the last events in memory for all listeners."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from pluginhub.database import audit
from pluginhub.database.changes import Change
from pluginhub.database.connection import Database
from pluginhub.errors import BusyError, TooManyRequestsError
from pluginhub.events import event
from pluginhub.events.event import Event, Viewer
from pluginhub.events.listener import Listener

_KEPT = 1000  # events in memory
_PAGE = 500  # entries of the audit that are read at once
_AT_ONCE = 100  # events that a listener takes, and listeners that are woken, at once
_OF_ONE = 20  # listeners of one user
_RETRY_AFTER = 15  # seconds


class Feed:
    """Lets listeners follow what happens.

    A listener keeps a position only. Who fell behind what is in memory reads rows.

    Args:
        database: Has the audit.
        most: Listeners of all users.
    """

    def __init__(self, database: Database, most: int) -> None:
        self._database = database
        self._most = most
        self._kept: deque[Event] = deque()
        self._floor = 0  # all events of entries with a higher id, up to the last, are kept
        self._last = 0  # entry that was read
        self._recorded = asyncio.Event()
        self._listeners: dict[str | None, set[Listener]] = {}  # by owner
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return sum(len(those) for those in self._listeners.values())

    async def begin(self) -> None:
        """Forget what happened until now, and notice from now on when something does."""
        async with self._database.snapshot() as connection:
            self._floor = self._last = await audit.newest_id(connection)
        self._database.changes.read_audit(self._recorded.set)
        self._database.changes.listen(self._doubt)

    async def run(self) -> None:
        """Read what is written into the audit, until cancelled."""
        while True:
            self._recorded.clear()
            while entries := await self._page(self._last):
                for entry in entries:
                    if found := event.of(entry):
                        self._keep(found)
                self._last = entries[-1].id
            await self._recorded.wait()

    async def beat(self) -> None:
        """Let all listeners give a sign of life."""
        for number, listener in enumerate(self._all(), 1):
            listener.beat = True
            listener.wake()
            if not number % _AT_ONCE:
                await asyncio.sleep(0)  # requests have their turn

    @asynccontextmanager
    async def joined(
        self,
        viewer: Viewer,
        *,
        since: int | None = None,
        owner: str | None = None,
        gone: Callable[[], bool] = lambda: False,
    ) -> AsyncIterator[Listener]:
        """Let somebody listen during the block.

        Args:
            viewer: Decides what they see.
            since: Id of the last event that they know; without one that there is, from now on.
            owner: Who is allowed so many listeners and no more; None for the server itself.
            gone: Says whether they are not there any more.

        Raises:
            TooManyRequestsError: The owner has too many listeners.
            BusyError: There are too many listeners.

        Yields:
            The listener. When the server stops, a block that does not end is interrupted.
        """
        self._require_room(owner)
        known = self._last if since is None or since > self._last else since
        listener = Listener(viewer, owner, known, gone)
        self._listeners.setdefault(owner, set()).add(listener)
        try:
            with suppress(TimeoutError):
                async with listener.limit:
                    if self._closed:
                        listener.close()
                    yield listener
        finally:
            of_owner = self._listeners[owner]
            of_owner.discard(listener)
            if not of_owner:
                del self._listeners[owner]

    async def take(self, listener: Listener) -> list[Event]:
        """Return the next events that a listener does not know, and move their position.

        Returns:
            Some, also such as they may not see; none if they know all.
        """
        while listener.position < self._floor:
            entries = await self._page(listener.position)
            if not entries:
                break
            listener.position = entries[-1].id
            if found := [it for it in map(event.of, entries) if it]:
                return found
        new: list[Event] = []
        for kept in reversed(self._kept):
            if kept.id <= listener.position:
                break
            new.append(kept)
        taken = new[: -_AT_ONCE - 1 : -1]
        if taken:
            listener.position = taken[-1].id
        return taken

    def close(self) -> None:
        """End all listening: the server stops."""
        self._closed = True
        for listener in self._all():
            listener.close()

    def _all(self) -> list[Listener]:
        return [listener for those in self._listeners.values() for listener in those]

    def _keep(self, found: Event) -> None:
        before = self._kept[-1].id if self._kept else self._floor
        self._kept.append(found)
        if len(self._kept) > _KEPT:
            self._floor = self._kept.popleft().id
        for listener in self._all():
            if event.shown(found, listener.viewer):
                listener.wake()
            elif listener.position >= before:  # who sleeps does not fall behind by it
                listener.position = max(listener.position, found.id)

    def _doubt(self, change: Change) -> None:
        for user_id in change.users:
            for listener in self._listeners.get(user_id, ()):
                listener.doubted = True
                listener.wake()

    def _require_room(self, owner: str | None) -> None:
        if owner is None:
            return
        there = 0
        for listener in self._listeners.get(owner, ()):
            if listener.ended:
                listener.wake()  # to leave
            else:
                there += 1
        if there >= _OF_ONE:
            raise TooManyRequestsError(
                f"{there} streams of events of yours are open; close one of them",
                retry_after=_RETRY_AFTER,
            )
        if self.listeners >= self._most:
            raise BusyError("too many streams of events are open", retry_after=_RETRY_AFTER)

    async def _page(self, after: int) -> list[audit.Entry]:
        async with self._database.snapshot() as connection:
            return await audit.after(connection, after, _PAGE)
