"""How far jobs are: in memory only, and told to those who follow them."""

import asyncio
from dataclasses import dataclass
from typing import Literal

Phase = Literal["waiting", "receiving", "publishing"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is.

    Attributes:
        received: Bytes.
        total: Bytes; None if nobody knows.
    """

    phase: Phase = "waiting"
    received: int = 0
    total: int | None = None


class Board:
    """Where it is written who is how far.

    Attributes:
        closed: Whether nobody may follow any more: the server stops.
    """

    def __init__(self) -> None:
        self.closed = False
        self._progress: dict[str, Progress] = {}
        self._news = asyncio.Event()  # replaced whenever there are some

    def of(self, job_id: str) -> Progress:
        """Return how far a job is."""
        return self._progress.get(job_id, Progress())

    def report(self, job_id: str, progress: Progress) -> None:
        """Write down how far a job is."""
        self._progress[job_id] = progress
        self.tell()

    def forget(self, job_id: str) -> None:
        """Wipe a job that does not run any more."""
        self._progress.pop(job_id, None)
        self.tell()

    def tell(self) -> None:
        """Wake those who follow something."""
        news, self._news = self._news, asyncio.Event()
        news.set()

    def news(self) -> asyncio.Event:
        """Return an event that the next news set."""
        return self._news

    def close(self) -> None:
        """Let nobody follow any more."""
        self.closed = True
        self.tell()
