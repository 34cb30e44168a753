"""The process that workers are forked from: what hooks import is loaded once, in here.

Started as ``python -m pluginhub.managers.fork_server`` with the server's socket as its input. It
runs no plugin code and knows no secret, so its forks have none to leak.
"""

import contextlib
import gc
import importlib
import os
import signal
import socket
import time

from pluginhub.managers import children, frames, job, sandbox
from pluginhub.managers.frames import Frame
from pluginhub.managers.worker import Worker

# What hooks import, as far as it is installed.
_PRELOADED = (
    "pluginhub.config_schema",
    "pluginhub.managers.braindrive.contract",
    "sqlalchemy.ext.asyncio",
    "sqlalchemy.orm",
    "structlog",
    "asyncio.runners",
    "multiprocessing",
)
_GRACE = 0.5  # seconds for workers to end by themselves


class ForkServer:
    """Workers by number.

    Args:
        control: To the server; ends with it.
    """

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._workers: dict[int, int] = {}

    def serve(self) -> None:
        """Start the workers that the server asks for until it is gone, then end them all."""
        children.adopt_orphans()
        children.listen(self._control, self._handle, self._end_families)
        deadline = time.monotonic() + _GRACE
        while self._workers and time.monotonic() < deadline:
            time.sleep(0.002)
            self._end_families()
        self._workers.clear()
        children.kill_orphans(())

    def _handle(self, frame: Frame, descriptors: list[int]) -> None:
        if frame.kind == frames.WORKER:
            self._start(frame.number, *descriptors)
        elif frame.kind == frames.STOP and frame.number in self._workers:
            children.kill(self._workers[frame.number])
        for descriptor in descriptors:
            os.close(descriptor)

    def _start(self, number: int, channel: int) -> None:
        own = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            frames.send(self._control, Frame(frames.FAILED, number, error.errno or 0))
            return
        if pid:
            self._workers[number] = pid
            frames.send(self._control, Frame(frames.WORKER, number, pid))
            return
        try:
            children.detach(own, (channel,))
            Worker(socket.socket(fileno=channel)).serve()
        finally:
            os._exit(0)

    def _end_families(self) -> None:
        ended = dict(children.reap())
        for pid in ended:
            children.kill_group(pid)
        self._workers = {number: pid for number, pid in self._workers.items() if pid not in ended}
        children.kill_orphans(self._workers.values())


def main() -> None:
    """Serve the server at the other end of standard input."""
    control = socket.socket(fileno=os.dup(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in _PRELOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    sandbox.system_paths()
    sandbox.drop_capabilities()
    job.warm_up()
    gc.collect()
    gc.freeze()
    ForkServer(control).serve()


if __name__ == "__main__":
    main()
