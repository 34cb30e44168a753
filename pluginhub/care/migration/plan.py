"""What a migration is going to do: releases, users, and who gets which release."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pluginhub.care.migration.metadata import Reference
from pluginhub.care.migration.source import Skipped
from pluginhub.models import Role
from pluginhub.storage.bundle import Description


@dataclass(slots=True)
class Content:
    """Copies of a plugin with the same bytes: what becomes one release.

    Attributes:
        slug: As the plugin is going to be spelled.
        version: What it says of itself.
        directories: Versions that directories of the shared layout say.
        folder: One of the copies.
        becomes: The version that it gets.
        published: Whether it is published already.
        source_url: Where it came from, by somebody who has it.
    """

    slug: str
    version: str
    digest: str
    size: int
    folder: Path
    described: Description
    copies: int = 0
    users: int = 0
    directories: set[str] = field(default_factory=set)
    becomes: str = ""
    published: bool = False
    source_url: str | None = None

    def __str__(self) -> str:
        return f"{self.slug}@{self.becomes}"


@dataclass(frozen=True, slots=True)
class Holding:
    """What a user gets.

    Attributes:
        enabled: Whether it is switched on.
        config: What the user set.
        installed_at: Seconds since 1970; None if nobody knows.
        source_url: Where it came from; None if nobody knows.
    """

    content: Content
    enabled: bool = True
    config: Mapping[str, Any] = field(default_factory=dict)
    installed_at: int | None = None
    source_url: str | None = None


@dataclass(slots=True)
class Person:
    """A user of the old system.

    Attributes:
        id: 32 hexadecimal digits.
        spellings: How the id is written in the old database.
        exists: Whether there is an account of this id already.
        notes: What the old database says that they have.
        holdings: What they get.
    """

    id: str
    name: str
    email: str | None = None
    role: Role = "user"
    enabled: bool = True
    password_hash: str | None = None
    created_at: int | None = None
    spellings: set[str] = field(default_factory=set)
    exists: bool = False
    notes: list[Reference] = field(default_factory=list)
    holdings: list[Holding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something that cannot become what it was, and what becomes of it."""

    about: str
    solution: str


@dataclass(frozen=True, slots=True, repr=False)  # asyncio.run prints what it returns, to nobody
class Plan:
    """All of it.

    Attributes:
        copies: How many copies there are.
        size: Bytes of all copies.
        skipped: What is not taken, and why.
    """

    contents: list[Content]
    people: list[Person]
    conflicts: list[Conflict]
    skipped: list[Skipped]
    copies: int
    size: int

    @property
    def size_once(self) -> int:
        """Bytes of one copy of each release."""
        return sum(content.size for content in self.contents)

    @property
    def installations(self) -> int:
        """How many plugins users get."""
        return sum(len(person.holdings) for person in self.people)
