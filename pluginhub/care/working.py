"""What takes long and is being done, and how far it is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

Progress = Callable[[int, int], None]  # how much is done, and all that there is


@dataclass
class Work:
    """Something that is being done.

    Attributes:
        name: For instance ``verify``.
        done: Of ``total``.
        total: 0 until it is known.
    """

    name: str
    done: int = 0
    total: int = 0

    def report(self, done: int, total: int) -> None:
        """Take note of how far it is."""
        self.done, self.total = done, total


class Working:
    """All that is being done."""

    def __init__(self) -> None:
        self._works: list[Work] = []

    @contextmanager
    def on(self, name: str) -> Iterator[Progress]:
        """Show some work while the block runs; the block tells how far it is."""
        work = Work(name)
        self._works.append(work)
        try:
            yield work.report
        finally:
            # Two that are as far as each other are equal, and yet not the same.
            self._works = [other for other in self._works if other is not work]

    def __iter__(self) -> Iterator[Work]:
        return iter(self._works)
