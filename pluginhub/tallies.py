"""Counts of what was done, and how long it took; those who look after the server read them."""

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import accumulate

from pluginhub.errors import HubError

_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)  # seconds


class Durations:
    """How often something took how long.

    Args:
        bounds: Seconds, rising; each counts what took no longer.

    Attributes:
        seconds: All of it together.
    """

    def __init__(self, bounds: Sequence[float] = _BOUNDS) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        """Count one that took so long."""
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self.seconds += seconds

    def cumulated(self) -> list[tuple[str, int]]:
        """Return the bounds as text, the last one ``+Inf``, each with how many were within it."""
        names = [*map(str, self._bounds), "+Inf"]
        return list(zip(names, accumulate(self._counts), strict=True))


class Operations:
    """Operations on plugins: how often each ended how, and how long they took.

    Attributes:
        results: By operation and result: ``done``, the code of an error, ``cancelled`` or
            ``internal``.
        durations: By operation, waiting for the user's turn included.
    """

    def __init__(self) -> None:
        self.results: Counter[tuple[str, str]] = Counter()
        self.durations: dict[str, Durations] = {}

    @asynccontextmanager
    async def timed(self, operation: str) -> AsyncIterator[None]:
        """Count the block as one operation.

        Args:
            operation: A verb: there are as many counts as there are names.
        """
        begin, result = time.perf_counter(), "cancelled"
        try:
            yield
            result = "done"
        except HubError as error:
            result = error.code
            raise
        except Exception:
            result = "internal"
            raise
        finally:
            self.results[operation, result] += 1
            taken = self.durations.setdefault(operation, Durations())
            taken.add(time.perf_counter() - begin)
