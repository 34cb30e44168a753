"""What a lifecycle manager has done, for those who look after the server."""

from dataclasses import dataclass

import psutil

from pluginhub.managers.circuit import State


@dataclass(slots=True)
class Calls:
    """Hooks that all lifecycle managers ran, also those that are gone.

    Attributes:
        ended: How many, those that failed included.
        failed: How many did not succeed, those that took too long included.
        timed_out: How many took too long.
    """

    ended: int = 0
    failed: int = 0
    timed_out: int = 0


@dataclass(frozen=True, slots=True)
class ManagerStatistics:
    """What a lifecycle manager has done.

    Attributes:
        slug: Name of the plugin.
        version: Of the release.
        users: How many users it ran hooks for.
        calls: How many hooks it ran, those that failed included.
        failures: How many hooks did not succeed.
        running: How many hooks run now.
        loaded_at: Seconds since 1970.
        last_used: Seconds since 1970.
        pid: Process id of its worker, None while there is none.
        memory: Bytes of the worker's resident memory.
        circuit: Whether the hooks rest for everybody.
        reason: The last failure in the plugin's own words; empty if there was none.
    """

    slug: str
    version: str
    users: int
    calls: int
    failures: int
    running: int
    loaded_at: float
    last_used: float
    pid: int | None
    memory: int
    circuit: State
    reason: str


def resident_memory(pid: int) -> int:
    """Return the resident memory of a process in bytes, 0 if it has ended; blocks."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
