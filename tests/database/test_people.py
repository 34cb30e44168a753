"""Users with their numbers, page by page."""

import pytest

from pluginhub.database import people
from pluginhub.database.connection import Database
from tests.database import rows


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", ["ann", "ben"]), ("AN", ["ann"]), ("@b.c", ["ben"]), ("%", []), ("_", [])],
)
async def test_they_are_searched_by_name_and_address(
    database: Database, text: str, expected: list[str]
) -> None:
    await rows.add_user(database, "ben", "b", email="x@b.c")
    await rows.add_user(database)
    async with database.snapshot() as connection:
        total, found = await people.page(connection, text, offset=0, limit=5)
    assert (total, [person.name for person in found]) == (len(expected), expected)


async def test_what_they_have_is_counted(database: Database) -> None:
    ann = await rows.add_user(database, enabled=False)
    await rows.add_user(database, "ben", "b")
    await rows.install(database, ann, await rows.publish(database))
    async with database.snapshot() as connection:
        total, found = await people.page(connection, "", offset=0, limit=1)
    expected = people.Person("ann", None, "user", False, 1, plugins=1, tokens=0)
    assert (total, found) == (2, [expected])
