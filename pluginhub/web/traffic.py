"""How many requests there were, and what they were answered.

What is answered from memory is counted by plain numbers (``Quick``): looking labels up would slow
it down. All else comes through ``web/counting.py``.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from aiohttp import hdrs

from pluginhub.tallies import Durations

FILES: Final = "files"
MANIFEST: Final = "manifest"


@dataclass(slots=True)
class Quick:
    """Answers out of memory to GET and HEAD: whole ones, and that the client has it.

    Attributes:
        sent: Bytes of bodies.
    """

    full: int = 0
    unchanged: int = 0
    full_heads: int = 0
    unchanged_heads: int = 0
    sent: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.full + self.unchanged + self.full_heads + self.unchanged_heads


class Traffic:
    """What was asked for since the server started.

    Attributes:
        files: Files that went out of memory before aiohttp routed the request.
        manifests: The same of what frontends load at start.
        long: Files that aiohttp routed the requests for, of which only the bytes count.
        made: The same of what is no file.
        durations: Of requests that were not answered that way, by class of route.
    """

    def __init__(self) -> None:
        self.files = Quick()
        self.manifests = Quick()
        self.long = Quick()
        self.made = Quick()
        self.durations: dict[str, Durations] = {}
        self._others: Counter[tuple[str, str, str]] = Counter()

    @property
    def sent(self) -> int:
        """Bytes of files of plugins."""
        return self.files.sent + self.long.sent

    def note(self, route: str, method: str, status: str, seconds: float) -> None:
        """Count a request.

        Args:
            route: The class of its route, see ``counting.class_of``.
            method: As it was sent.
            status: ``2xx`` for instance.
            seconds: That it took.
        """
        self._others[route, method if method in hdrs.METH_ALL else "other", status] += 1
        self.durations.setdefault(route, Durations()).add(seconds)

    def requests(self) -> Counter[tuple[str, str, str]]:
        """Return how many requests there were, by class of route, method and class of status."""
        found = self._others.copy()
        for route, quick in ((FILES, self.files), (MANIFEST, self.manifests)):
            found[route, hdrs.METH_GET, "2xx"] += quick.full
            found[route, hdrs.METH_GET, "3xx"] += quick.unchanged
            found[route, hdrs.METH_HEAD, "2xx"] += quick.full_heads
            found[route, hdrs.METH_HEAD, "3xx"] += quick.unchanged_heads
        return found
