"""How often something may be tried, counted in memory of a fixed size."""

import ipaddress
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pluginhub.errors import TooManyRequestsError, UnauthenticatedError

Clock = Callable[[], float]

_KEYS = 10_000  # counters at most; the one that was not used for the longest time goes first
_LONGEST = 200  # characters of a key


class Counter:
    """Counts what happened to each key within a window of time.

    Args:
        most: How much may happen within the window.
        window: Seconds.
        clock: Seconds that only grow.
    """

    def __init__(self, most: int, window: float, clock: Clock = time.monotonic) -> None:
        self._most = most
        self._window = window
        self._clock = clock
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def seconds_left(self, key: str) -> float:
        """Return after how many seconds there is room for one more; 0 if there is some now."""
        times = self._of(key)
        if len(times) < self._most:
            return 0
        return times[0] + self._window - self._clock()

    def any(self, key: str) -> bool:
        """Return whether anything happened within the window."""
        return bool(self._of(key))

    def add(self, key: str) -> None:
        """Count one more."""
        times = self._times.setdefault(key[:_LONGEST], deque(maxlen=self._most))
        self._times.move_to_end(key[:_LONGEST])
        times.append(self._clock())
        while len(self._times) > _KEYS:
            self._times.popitem(last=False)

    def take_back(self, key: str) -> None:
        """Count one less."""
        if times := self._times.get(key[:_LONGEST]):
            times.pop()

    def _of(self, key: str) -> deque[float]:
        times = self._times.get(key[:_LONGEST])
        if times is None:
            return deque()
        while times and times[0] + self._window <= self._clock():
            times.popleft()
        if not times:
            del self._times[key[:_LONGEST]]
        return times


class Limits:
    """What strangers may try: to guess passwords, and to register."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        quarter, hour = 15 * 60, 3600
        self._by_address = Counter(10, quarter, clock)
        self._by_account = Counter(10, quarter, clock)
        self._by_both = Counter(10, quarter, clock)
        self._registrations = Counter(10, hour, clock)

    @contextmanager
    def sign_in(self, address: str | None, account: str) -> Iterator[None]:
        """Check a password in the block; one that is wrong counts.

        Ten failures shut out an address. Ten failures for one account, wherever they come from,
        shut out every address that failed for it before, so that who guesses does not keep the
        owner of the account out.

        Args:
            address: Where the attempt comes from.
            account: What was typed as name, or the id of the user.

        Raises:
            TooManyRequestsError: There were too many.
        """
        source, account = _network(address), account.casefold()
        both = f"{source} {account}"
        left = self._by_address.seconds_left(source)
        if self._by_both.any(both):
            left = max(left, self._by_account.seconds_left(account))
        _refuse(left, "too many failed sign-ins; try again later")
        counted = ((self._by_address, source), (self._by_account, account), (self._by_both, both))
        for counter, key in counted:
            counter.add(key)  # at once, so that attempts at the same moment count
        failed = False
        try:
            yield
        except UnauthenticatedError:
            failed = True
            raise
        finally:
            if not failed:
                for counter, key in counted:
                    counter.take_back(key)

    def registration(self, address: str | None) -> None:
        """Count an attempt to register.

        Raises:
            TooManyRequestsError: There were too many from this address.
        """
        source = _network(address)
        left = self._registrations.seconds_left(source)
        _refuse(left, "too many registrations from this address; try again later")
        self._registrations.add(source)


def _refuse(seconds: float, message: str) -> None:
    if seconds > 0:
        raise TooManyRequestsError(message, retry_after=seconds)


def _network(address: str | None) -> str:
    """Return what counts as one address: of IPv6, where one person has many, the first half."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return address or ""
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
