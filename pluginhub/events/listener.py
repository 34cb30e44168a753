"""Somebody who listens to events."""

import asyncio
from collections.abc import Callable

from pluginhub.events.event import Viewer

_GRACE = 0.5  # seconds that a listener gets to end by itself when the server stops


class Listener:
    """Somebody who listens: how far they are, and what wakes them.

    Args:
        viewer: Decides what they see.
        owner: Whose; None for the server itself.
        position: Id of the last entry of the audit that they need not be told.
        gone: Says whether they are not there any more.

    Attributes:
        limit: Ends the block in which the listener is told something, when the server stops.
        beat: Whether it is time to give a sign of life.
        doubted: Whether something of the owner changed: they may not be who they were.
        ended: Whether nothing more is to be told.
    """

    def __init__(
        self, viewer: Viewer, owner: str | None, position: int, gone: Callable[[], bool]
    ) -> None:
        self.viewer = viewer
        self.owner = owner
        self.position = position
        self.limit = asyncio.timeout(None)
        self.beat = self.doubted = False
        self._closed = False
        self._gone = gone
        self._news = asyncio.Event()

    @property
    def ended(self) -> bool:
        """Whether nothing more is to be told: the server stops, or nobody is there."""
        return self._closed or self._gone()

    def wake(self) -> None:
        """Let the listener look what there is."""
        self._news.set()

    async def news(self) -> None:
        """Wait until something wakes the listener."""
        await self._news.wait()
        self._news.clear()

    def close(self) -> None:
        """Let the listener end; one whom something holds up is interrupted soon."""
        self._closed = True
        self.limit.reschedule(asyncio.get_running_loop().time() + _GRACE)
        self.wake()
