"""Gives the hooks of a release a rest after they failed several times in a row."""

from collections.abc import Callable
from typing import Literal

_FAILURES = 3
_FIRST_REST = 30.0  # seconds
_LONGEST_REST = 15 * 60.0
_TRIAL = 1.0  # seconds to wait while somebody else tries

State = Literal["closed", "open", "half-open"]


class Circuit:
    """Closed: calls go through. Open: none does. Half open: one tries, and decides.

    Args:
        clock: Seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures = 0
        self._open_until = 0.0
        self._trying = False
        self.reason = ""

    @property
    def state(self) -> State:
        """Return what would happen to a call now."""
        if self._failures < _FAILURES:
            return "closed"
        return "open" if self._clock() < self._open_until else "half-open"

    def rest(self) -> float:
        """Return for how many seconds calls are refused, 0 if one may go through."""
        if self.state == "open":
            return self._open_until - self._clock()
        return _TRIAL if self._trying else 0.0

    def begin(self) -> None:
        """Note that a call goes through."""
        self._trying = self.state == "half-open"

    def succeed(self) -> None:
        """Close: the code works."""
        self._failures, self._trying, self.reason = 0, False, ""

    def fail(self, reason: str) -> None:
        """Count a failure.

        Args:
            reason: What those read who are refused because of it.
        """
        if self.state == "open":  # it began before the others failed
            return
        self._failures += 1
        self._trying = False
        self.reason = reason
        if self._failures >= _FAILURES:
            rest = min(_FIRST_REST * 2.0 ** min(self._failures - _FAILURES, 10), _LONGEST_REST)
            self._open_until = self._clock() + rest

    def leave(self) -> None:
        """Note that a call ended without showing anything about the code."""
        self._trying = False
