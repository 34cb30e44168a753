"""The server's side of the fork server and of the workers that it forks."""

import asyncio
import contextlib
import itertools
import os
import signal
import socket
from collections.abc import Callable, Sequence

from pluginhub.cancellation import finish
from pluginhub.managers import frames
from pluginhub.managers.frames import Frame
from pluginhub.managers.interpreter import command, environment

_END = 5.0  # seconds until what should end by itself is killed
_FULL = 0.01  # seconds until the next look at a socket that takes no more
_GONE = -int(getattr(signal, "SIGKILL", 9))


class ForkServerProcess:
    """The running fork server; made by ``start``."""

    def __init__(self, control: socket.socket, process: asyncio.subprocess.Process) -> None:
        self._control = control
        self._process = process
        self._numbers = itertools.count()
        self._starts: dict[int, asyncio.Future[Frame]] = {}
        self._listening = asyncio.create_task(self._listen(), name="fork server")
        self.gone = False

    @classmethod
    async def start(cls) -> "ForkServerProcess":
        """Start it; it answers when it has imported what hooks need.

        Raises:
            OSError: The system lacks what a process needs.
        """
        ours, theirs = _channel()
        try:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    *command("pluginhub.managers.fork_server"),
                    stdin=theirs.fileno(),
                    stdout=asyncio.subprocess.DEVNULL,
                    env=environment(),
                    start_new_session=True,
                )
        except BaseException:
            ours.close()
            raise
        return cls(ours, process)

    async def worker(self) -> "ForkedWorker":
        """Start a worker.

        Raises:
            OSError: The system lacks what a process needs, or the fork server is gone.
        """
        number = next(self._numbers)
        started = self._starts[number] = asyncio.get_running_loop().create_future()
        ours, theirs = _channel()
        try:
            with theirs:
                await _send(self._control, Frame(frames.WORKER, number), (theirs.fileno(),))
            pid = _value(await started)
        except BaseException:
            ours.close()
            raise
        finally:
            del self._starts[number]
        return ForkedWorker(ours, pid, lambda: self._stop(number))

    async def close(self) -> None:
        """End it with all workers."""
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_WR)
        try:
            async with asyncio.timeout(_END):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        await self._listening

    def _stop(self, number: int) -> None:
        with contextlib.suppress(OSError):
            frames.send(self._control, Frame(frames.STOP, number))

    async def _listen(self) -> None:
        with self._control:
            while frame := await frames.receive_soon(self._control):
                started = self._starts.get(frame.number)
                if started and not started.done():
                    started.set_result(frame)
        self.gone = True
        for started in self._starts.values():
            if not started.done():
                started.set_exception(ConnectionResetError("the fork server has ended"))


class ForkedWorker:
    """A running worker.

    Args:
        channel: To the worker.
        pid: Its process id.
        stop: Called if it does not end by itself.
    """

    def __init__(self, channel: socket.socket, pid: int, stop: Callable[[], None]) -> None:
        self._channel = channel
        self._stop = stop
        self._numbers = itertools.count()
        self._calls: dict[int, asyncio.Future[Frame]] = {}
        self._listening = asyncio.create_task(self._listen(), name=f"worker {pid}")
        self.pid: int | None = pid
        self.gone = False

    async def run(self, descriptors: tuple[int, int, int]) -> int:
        """Run a hook; see ``launcher.Worker``."""
        if self.gone:
            return _GONE
        number = next(self._numbers)
        ended: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._calls[number] = ended
        try:
            await _send(self._channel, Frame(frames.RUN, number), descriptors)
            try:
                await asyncio.wait({ended})
            except asyncio.CancelledError:
                await finish(self._kill(number, ended))
                raise
        except ConnectionError:
            return _GONE
        finally:
            del self._calls[number]
        return _value(ended.result())

    def end(self) -> None:
        """Begin to end it, with the hooks that run."""
        with contextlib.suppress(OSError):
            self._channel.shutdown(socket.SHUT_WR)

    async def ended(self) -> None:
        """Wait until it has ended, and have it killed if that takes too long."""
        if not await _done(self._listening):
            self._stop()
            await _done(self._listening)

    def abandon(self) -> None:
        """End it from any thread, after the event loop."""
        self._channel.close()

    async def _kill(self, number: int, ended: asyncio.Future[Frame]) -> None:
        with contextlib.suppress(ConnectionError):
            await _send(self._channel, Frame(frames.KILL, number))
        if not await _done(ended):
            self._stop()
            await _done(ended)

    async def _listen(self) -> None:
        with self._channel:
            while frame := await frames.receive_soon(self._channel):
                ended = self._calls.get(frame.number)
                if ended and not ended.done():
                    ended.set_result(frame)
        self.gone = True
        for ended in self._calls.values():
            if not ended.done():
                ended.set_result(Frame(frames.DONE, 0, _GONE))


def _channel() -> tuple[socket.socket, socket.socket]:
    """Return both ends of a socket: ours, which does not block, and theirs, which does."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    return ours, theirs


def _value(frame: Frame) -> int:
    """Return a process id or exit code.

    Raises:
        OSError: The process could not be forked.
    """
    if frame.kind == frames.FAILED:
        raise OSError(frame.value, os.strerror(frame.value))
    return frame.value


async def _send(channel: socket.socket, frame: Frame, descriptors: Sequence[int] = ()) -> None:
    while True:
        try:
            frames.send(channel, frame, descriptors)
        except BlockingIOError:
            await asyncio.sleep(_FULL)
        else:
            return


async def _done(waited_for: asyncio.Future[Frame] | asyncio.Task[None]) -> bool:
    """Wait for an end that should come soon, and return whether it came."""
    done, _ = await asyncio.wait({waited_for}, timeout=_END)
    return bool(done)
