"""Whoever keeps copies of rows hears of every commit that changes them."""

import pytest

from pluginhub.database.changes import Change
from pluginhub.database.connection import Database, fetch_one
from tests.database import rows

ANN, BEN = "a" * 32, "b" * 32

# Every way in which a row can change that belongs to a user, and everything shared.
OF_ANN = [
    "UPDATE users SET enabled = 0 WHERE name = 'ann'",
    "DELETE FROM users WHERE name = 'ann'",
    (
        "INSERT INTO tokens (hash, user_id, kind, session, created_at, expires_at)"
        f" VALUES ('{'e' * 64}', '{ANN}', 'access', 's', 1, 2)"
    ),
    "UPDATE tokens SET used_at = 3",
    "DELETE FROM tokens",
    "UPDATE installations SET enabled = 0",
    "DELETE FROM installations",
    "INSERT INTO installation_modules (installation_id, name) SELECT id, 'Face' FROM installations",
    (
        "INSERT INTO former_releases (installation_id, release_id, left_at)"
        " SELECT id, release_id, 1 FROM installations"
    ),
]
SHARED = [
    "UPDATE releases SET yanked_at = 1",
    "DELETE FROM release_files",
    "UPDATE modules SET icon = 'x'",
    "INSERT INTO plugins (slug, created_at) VALUES ('Map', 1)",
    "INSERT INTO remote_versions (source_url, checked_at, next_check_at) VALUES ('u', 1, 2)",
]


async def prepared(database: Database) -> list[Change]:
    """Return the list that gets what later transactions change."""
    ann = await rows.add_user(database, "ann", "a")
    await rows.add_user(database, "ben", "b")
    await rows.install(database, ann, await rows.publish(database))
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO tokens (hash, user_id, kind, session, created_at, expires_at)"
            " VALUES (?, ?, 'refresh', 's', 1, 2)",
            ("f" * 64, ANN),
        )
    told: list[Change] = []
    database.changes.listen(told.append)
    return told


@pytest.mark.parametrize("sql", OF_ANN)
async def test_a_change_of_a_user_is_told_with_their_id(database: Database, sql: str) -> None:
    told = await prepared(database)
    async with database.transaction() as tx:
        await tx.execute(sql)
        assert told == []
    assert told == [Change({ANN})]


@pytest.mark.parametrize("sql", SHARED)
async def test_a_change_of_what_everybody_sees_is_told(database: Database, sql: str) -> None:
    told = await prepared(database)
    async with database.transaction() as tx:
        await tx.execute(sql)
    assert told == [Change(shared=True)]


async def test_what_several_statements_change_is_told_once(database: Database) -> None:
    told = await prepared(database)
    number = database.changes.number
    async with database.transaction() as tx:
        await tx.execute("UPDATE users SET enabled = 0")
        await tx.execute(SHARED[0])
    assert told == [Change({ANN, BEN}, shared=True)]
    assert database.changes.number == number + 1


async def test_what_is_rolled_back_is_never_told(database: Database) -> None:
    told = await prepared(database)

    async def fail() -> None:
        async with database.transaction() as tx:
            await tx.execute(OF_ANN[0])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with database.transaction() as tx:
        await tx.execute("UPDATE users SET email = 'b@example.org' WHERE name = 'ben'")
    assert told == [Change({BEN})]


async def test_a_commit_that_changes_nothing_of_this_is_not_told(database: Database) -> None:
    told = await prepared(database)
    async with database.transaction() as tx:
        await tx.execute(ENTRY)
        await tx.execute("UPDATE users SET enabled = 0 WHERE name = 'nobody'")
    assert told == []


ENTRY = "INSERT INTO audit (at, actor_name, action, target) VALUES (1, 'a', 'b', 'c')"


async def test_what_is_written_into_the_audit_is_told_once_it_is_committed(
    database: Database,
) -> None:
    told: list[str] = []
    database.changes.read_audit(lambda: told.append("read"))
    async with database.transaction() as tx:
        await tx.execute(ENTRY)
        await tx.execute(ENTRY)
        assert told == []
    assert told == ["read"]

    async def fail() -> None:
        async with database.transaction() as tx:
            await tx.execute(ENTRY)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    await rows.add_user(database)
    assert told == ["read"]


async def test_nothing_of_it_stays_in_the_file(database: Database) -> None:
    async with database.snapshot() as connection:
        row = await fetch_one(
            connection, "SELECT count(*) AS number FROM sqlite_schema WHERE name LIKE 'note_%'"
        )
    assert row is not None
    assert row["number"] == 0
