"""Whom a request comes from, and how that is known."""

from dataclasses import dataclass

from pluginhub.models import User


@dataclass(frozen=True, slots=True)
class Proof:
    """Whom a request comes from, and how that is known.

    Attributes:
        session: Of the sign-in, if there was one here.
        scopes: Of an API token; None for everything else.
        by_itself: Whether browsers add the proof to every request, whichever page asks.
        until: Seconds since 1970; None for as long as nothing changes.
    """

    user: User
    session: str | None = None
    scopes: tuple[str, ...] | None = None
    by_itself: bool = False
    until: float | None = None
