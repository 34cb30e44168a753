"""Child processes of a process that does nothing but fork: none of them outlives its time."""

import contextlib
import os
import selectors
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator

import psutil

from pluginhub.managers.frames import Frame, receive
from pluginhub.managers.libc import LIBC

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_CHASE = 1.0  # seconds to follow orphans that fork while they are killed


def adopt_orphans() -> None:
    """Become the parent of descendants whose parent ends, where the system knows that."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with(parent: int) -> None:
    """Have this process killed when its parent ends, where the system knows that.

    Args:
        parent: Process id of the parent, read before the fork: it may be gone already.
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def detach(parent: int, keep: Collection[int]) -> None:
    """Begin the life of a forked process: a group of its own, no signal handlers, few files.

    Args:
        parent: Process id of the process that forked.
        keep: Descriptors to keep besides 1 and 2; 0 becomes empty, all others are closed.
    """
    os.setsid()
    die_with(parent)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    empty = os.open(os.devnull, os.O_RDONLY)
    if empty:
        os.dup2(empty, 0)
    low = 3
    for descriptor in (*sorted(keep), os.sysconf("SC_OPEN_MAX")):
        os.closerange(low, descriptor)
        low = max(low, descriptor + 1)


def kill(pid: int) -> None:
    """Kill a child with its group, which it may not have made yet."""
    kill_group(pid)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def kill_group(leader: int) -> None:
    """Kill what is left of the group of a child, which may have ended."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def reap() -> Iterator[tuple[int, int]]:
    """Yield process id and exit code (negative for a signal) of the children that have ended."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        yield pid, os.waitstatus_to_exitcode(status)


def kill_orphans(known: Collection[int]) -> None:
    """Kill all children but the known ones, and what they leave, until there are none."""
    deadline = time.monotonic() + _CHASE
    while (strangers := _children() - set(known)) and time.monotonic() < deadline:
        for pid in strangers:
            kill(pid)
        for pid in strangers:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def listen(
    channel: socket.socket,
    on_frame: Callable[[Frame, list[int]], None],
    on_ended: Callable[[], None],
) -> None:
    """Handle frames and ended children until the other side of the channel is gone.

    Args:
        channel: A socket that blocks.
        on_frame: Called with a frame and its descriptors.
        on_ended: Called after children have ended.
    """
    woken, waker = socket.socketpair()
    with woken, waker, selectors.DefaultSelector() as selector:
        for end in (woken, waker):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        selector.register(channel, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        with contextlib.suppress(ConnectionError):  # gone before it could be answered
            while True:
                ready = {key.fileobj for key, _ in selector.select()}
                if woken in ready:
                    woken.recv(4096)
                    on_ended()
                if channel in ready:
                    received = receive(channel)
                    if received is None:
                        break
                    on_frame(*received)
        signal.set_wakeup_fd(-1)


def _children() -> set[int]:
    try:
        own = f"/proc/self/task/{threading.get_native_id()}/children"
        with open(own, encoding="ascii") as file:  # noqa: PTH123 - one call instead of ten
            return {int(pid) for pid in file.read().split()}
    except FileNotFoundError:
        return {child.pid for child in psutil.Process().children()}


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        LIBC.prctl(option, value, 0, 0, 0)
