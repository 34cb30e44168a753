"""The worker process of a release: forks a process for every hook, and runs no hook itself."""

import os
import socket

from pluginhub.managers import children, frames, job
from pluginhub.managers.frames import Frame


class Worker:
    """Hooks that run, by process id and by number of the call.

    Args:
        channel: To the server; ends with it.
    """

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._calls: dict[int, int] = {}

    def serve(self) -> None:
        """Run what the server asks for until the channel ends, and leave no process behind."""
        children.adopt_orphans()
        children.listen(self._channel, self._handle, self._end_families)
        self._calls.clear()
        children.kill_orphans(())

    def _handle(self, frame: Frame, descriptors: list[int]) -> None:
        if frame.kind == frames.RUN:
            self._run(frame.number, descriptors)
        elif frame.kind == frames.KILL:
            for pid in [pid for pid, number in self._calls.items() if number == frame.number]:
                children.kill(pid)
        for descriptor in descriptors:
            os.close(descriptor)

    def _run(self, number: int, descriptors: list[int]) -> None:
        own = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            self._send(Frame(frames.FAILED, number, error.errno or 0))
            return
        if pid:
            self._calls[pid] = number
            return
        try:
            children.detach(own, descriptors)
            job.run(*descriptors)
        finally:
            os._exit(1)

    def _end_families(self) -> None:
        ended = list(children.reap())
        for pid, _ in ended:
            children.kill_group(pid)
        numbers = [(self._calls.pop(pid), code) for pid, code in ended if pid in self._calls]
        children.kill_orphans(self._calls)
        for number, code in numbers:
            self._send(Frame(frames.DONE, number, code))

    def _send(self, frame: Frame) -> None:
        try:
            frames.send(self._channel, frame)
        except OSError:  # the server is gone, and the channel is about to say so
            return
