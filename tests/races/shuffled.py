"""An event loop that decides by a seed which task goes on first, and which are held up.

So every wait of the production code is a place where a task can be overtaken by all others, and
not a word of production code is about that. Some tasks are slow, and some work in threads is. Only
tasks change their order: that callbacks keep theirs is a promise of asyncio. SQLite's threads work
when they work, so a seed does not always give the same order; but many seeds give many.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

_SLOW = 0.3  # of all tasks, and of all work in threads
_HELD_UP = 0.5  # of the steps of slow tasks
_LONGEST = 0.002  # seconds

P = ParamSpec("P")
T = TypeVar("T")


class ShuffledLoop(asyncio.SelectorEventLoop):
    """Shuffles its tasks while it has a source of chance; without one it is as any other."""

    chance: random.Random | None = None
    _ready: deque[asyncio.Handle]

    def __init__(self) -> None:
        super().__init__()
        self._slow: WeakKeyDictionary[asyncio.Task[Any], bool] = WeakKeyDictionary()
        self.set_default_executor(_Threads(self))

    def _run_once(self) -> None:
        if self.chance:
            self._shuffle(self.chance)
        super()._run_once()  # type: ignore[misc] # private, and there since Python 3.4

    def _shuffle(self, chance: random.Random) -> None:
        handles = list(self._ready)
        self._ready.clear()
        self._ready.extend(handle for handle in handles if _task_of(handle) is None)
        chance.shuffle(handles)
        for handle in handles:
            task = _task_of(handle)
            if task is None:
                continue
            slow = self._slow.setdefault(task, chance.random() < _SLOW)
            if slow and chance.random() < _HELD_UP:
                self.call_later(chance.random() * _LONGEST, self._ready.append, handle)
            else:
                self._ready.append(handle)


class _Threads(ThreadPoolExecutor):
    """Begins some work late."""

    def __init__(self, loop: ShuffledLoop) -> None:
        super().__init__()
        self._loop = loop

    def submit(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        chance = self._loop.chance
        if chance is None or chance.random() > _SLOW:
            return super().submit(work, *args, **kwargs)
        delay = 3 * chance.random() * _LONGEST

        def late() -> T:
            time.sleep(delay)
            return work(*args, **kwargs)

        return super().submit(late)


def _task_of(handle: asyncio.Handle) -> asyncio.Task[Any] | None:
    owner = getattr(getattr(handle, "_callback", None), "__self__", None)
    return owner if isinstance(owner, asyncio.Task) else None
