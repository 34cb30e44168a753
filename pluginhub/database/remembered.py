"""What was read from rows on behalf of users, kept in memory for as long as it is true."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pluginhub.database.changes import Change, Changes

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[V]):
    user_id: str
    value: V
    weight: int


class Remembered(Generic[K, V]):
    """Keeps values of users, the least recently used of which go when there is no room.

    A value is dropped by the commit that changes a row of its user, whichever verb that was, and
    before the verb is acknowledged. So nothing from here is older than the last acknowledged
    change.

    Args:
        changes: Tell of commits.
        room: How much all values may weigh together.
        shared: Whether a change that all users see drops everything.
    """

    def __init__(self, changes: Changes, room: int, *, shared: bool = False) -> None:
        self._changes = changes
        self._room = room
        self._shared = shared
        self._kept: OrderedDict[K, _Kept[V]] = OrderedDict()
        self._keys_of: dict[str, set[K]] = {}
        self._weight = 0
        changes.listen(self._forget)

    def get(self, key: K) -> V | None:
        """Return what is kept."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        self._kept.move_to_end(key)
        return kept.value

    def now(self) -> int:
        """Return when reading begins, for ``keep``."""
        return self._changes.number

    def keep(self, key: K, value: V, user_id: str, since: int, weight: int = 1) -> None:
        """Keep a value, unless something changed while it was read.

        Args:
            key: What it is asked for by.
            value: To be kept.
            user_id: Whose changes drop it.
            since: What ``now`` returned before anything of it was read.
            weight: Of the value, in the unit of ``room``.
        """
        if since != self._changes.number or weight > self._room:
            return
        self.drop(key)
        self._kept[key] = _Kept(user_id, value, weight)
        self._keys_of.setdefault(user_id, set()).add(key)
        self._weight += weight
        while self._weight > self._room:
            self.drop(next(iter(self._kept)))

    def drop(self, key: K) -> None:
        """Let go of a value, if it is kept."""
        kept = self._kept.pop(key, None)
        if kept is None:
            return
        self._weight -= kept.weight
        keys = self._keys_of[kept.user_id]
        keys.discard(key)
        if not keys:
            del self._keys_of[kept.user_id]

    def clear(self) -> None:
        """Let go of everything."""
        self._kept.clear()
        self._keys_of.clear()
        self._weight = 0

    def _forget(self, change: Change) -> None:
        if self._shared and change.shared:
            self.clear()
            return
        for user_id in change.users:
            for key in tuple(self._keys_of.get(user_id, ())):
                self.drop(key)
