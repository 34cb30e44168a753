"""Cancels a task at chosen places, to show that no place leaves something half done."""

import asyncio
from collections.abc import Collection, Coroutine, Generator
from types import coroutine
from typing import Any


class Interrupted:
    """Runs a coroutine in a task that is cancelled where it waits for the n-th time.

    Args:
        work: The coroutine.
        at: The numbers of the waits that are cancelled, from 0.
        late: Cancel when what is waited for is done, but the task does not know it yet.
    """

    def __init__(
        self, work: Coroutine[Any, Any, None], at: Collection[int], *, late: bool = False
    ) -> None:
        self._work = work
        self._at = at
        self._late = late
        self.waits = 0
        self.cancelled = False

    async def run(self) -> "Interrupted":
        try:
            await asyncio.create_task(self._wrapped())
        except asyncio.CancelledError:
            self.cancelled = True
        return self

    async def _wrapped(self) -> None:
        await self._counted()

    @coroutine
    def _counted(self) -> Generator[Any, None, None]:
        send, argument = self._work.send, None
        while True:
            try:
                waited_for = send(argument)
            except StopIteration:
                return
            if self.waits in self._at:
                self._cancel(waited_for)
            self.waits += 1
            try:
                yield waited_for
            except BaseException as error:  # noqa: BLE001 - it is the coroutine's to judge
                send, argument = self._work.throw, error
            else:
                send, argument = self._work.send, None

    def _cancel(self, waited_for: "asyncio.Future[Any] | None") -> None:
        task = asyncio.current_task()
        assert task is not None
        if self._late and waited_for is not None:
            waited_for.add_done_callback(lambda _: task.cancel())
        else:
            asyncio.get_running_loop().call_soon(task.cancel)
