"""Gives the hooks of a release a rest after they failed several times in a row."""

from collections.abc import Callable
from typing import Literal

_FAILURES = 3
_FIRST_REST = 30.0  # seconds
_LONGEST_REST = 15 * 60.0
_TRIAL = 1.0  # seconds to wait while another call tries
_MOST_USERS = 1000

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
            reason: What those read who are refused because of it: nothing of the plugin's words.
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


class Circuits:
    """A circuit for each user with failures in a row, and one for everybody.

    That for everybody counts users: one of them alone, however often they fail, never opens it.

    Args:
        clock: Seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._everybody = Circuit(clock)
        self._failing: set[str] = set()  # whose failures it counted
        self._own: dict[str, Circuit] = {}  # who failed last is the last one

    @property
    def state(self) -> State:
        """Return the state of the circuit for everybody."""
        return self._everybody.state

    def rest(self, user_id: str) -> tuple[float, str]:
        """Return for how many seconds calls of a user are refused, 0 if not, and why."""
        return max((circuit.rest(), circuit.reason) for circuit in self._of(user_id))

    def begin(self, user_id: str) -> None:
        """Note that a call of a user goes through."""
        for circuit in self._of(user_id):
            circuit.begin()

    def succeed(self, user_id: str) -> None:
        """Close what is open for this user: the code works."""
        self._everybody.succeed()
        self._failing.clear()
        self._own.pop(user_id, None)

    def fail(self, user_id: str, reason: str) -> None:
        """Count a failure of a user, for everybody only if it is that user's first.

        Args:
            user_id: Whose call failed.
            reason: What those read who are refused because of it: nothing of the plugin's words.
        """
        own = self._own.pop(user_id, None) or Circuit(self._clock)
        own.fail(reason)
        self._own[user_id] = own
        if len(self._own) > _MOST_USERS:
            del self._own[next(iter(self._own))]
        if self.state != "closed":
            self._everybody.fail(reason)
        elif user_id not in self._failing:
            self._failing.add(user_id)
            self._everybody.fail(reason)

    def leave(self, user_id: str) -> None:
        """Note that a call of a user ended without showing anything about the code."""
        for circuit in self._of(user_id):
            circuit.leave()

    def _of(self, user_id: str) -> list[Circuit]:
        own = self._own.get(user_id)
        return [self._everybody, own] if own else [self._everybody]
