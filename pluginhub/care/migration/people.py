"""Reads who the users of the old system are, and what its database says that they have."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pluginhub.care.migration.metadata import Reference, moment
from pluginhub.care.migration.plan import Person
from pluginhub.care.migration.source import user_id
from pluginhub.database.old_application import OldApplication, Row

_USER = "user_"


@dataclass(frozen=True, slots=True)
class Renamed:
    """Who a user of the old system becomes.

    Attributes:
        name: What they are called.
        email: None leaves what is known.
    """

    name: str
    email: str | None = None


async def read(application: OldApplication, people: dict[str, Person]) -> None:
    """Add what the database knows.

    Args:
        application: The database.
        people: By id; those of whom there are files.
    """
    async for row in application.rows("users"):
        if owner := owner_of(row.get("id")):
            _describe(people.setdefault(owner, Person(owner, owner)), row)
    async for row in application.rows("plugin"):
        owner = owner_of(row.get("user_id"))
        slug = row.get("plugin_slug") or row.get("id")
        if owner and isinstance(slug, str):
            person = people.setdefault(owner, Person(owner, owner))
            person.spellings.add(str(row["user_id"]))
            person.notes.append(_note(owner, slug, row))


def rename(people: Mapping[str, Person], names: Mapping[str, Renamed]) -> None:
    """Give users the names that somebody chose for them."""
    for owner, chosen in names.items():
        if person := people.get(owner):
            person.name, person.email = chosen.name, chosen.email or person.email


def owner_of(value: object) -> str | None:
    """Return the id of a user for what the database has in its place."""
    if not isinstance(value, str) or not value:
        return None
    return user_id(value) or user_id(_USER + value)


def _describe(person: Person, row: Row) -> None:
    name, email = row.get("username"), row.get("email")
    person.spellings.add(str(row["id"]))
    person.name = name if isinstance(name, str) and name else person.name
    person.email = email if isinstance(email, str) and email else None
    person.enabled = bool(row.get("is_active", True))
    person.role = "admin" if row.get("is_admin") or row.get("is_superuser") else "user"
    person.created_at = moment(row.get("created_at"))
    hashed = row.get("hashed_password") or row.get("password_hash")
    if isinstance(hashed, str) and hashed.startswith(("$2a$", "$2b$", "$2y$", "$argon2id$")):
        person.password_hash = hashed


def _note(owner: str, slug: str, row: Mapping[str, Any]) -> Reference:
    version, source = row.get("version"), row.get("source_url")
    return Reference(
        owner,
        slug,
        version if isinstance(version, str) and version else None,
        installed=True,
        enabled=bool(row["enabled"]) if row.get("enabled") is not None else None,
        installed_at=moment(row.get("created_at")),
        source_url=source if isinstance(source, str) and source else None,
    )
