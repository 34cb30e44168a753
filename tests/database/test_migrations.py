import re
import sqlite3

import pytest

from pluginhub.database.connection import Database, fetch_all
from tests.database import rows

USER = "INSERT INTO users (id, name, email, role, enabled, created_at, updated_at)"
NEW = "c" * 32
INSTALL = (
    "INSERT INTO installations (id, user_id, slug, release_id, installed_at, updated_at)"
    f" VALUES ('{NEW}', '{'a' * 32}'"
)
RELEASE = (
    "INSERT INTO releases (slug, version, digest, size, manifest, source_type, source_url,"
    " published_at)"
)
DIGEST = "d" * 64
REQUIRE = "INSERT INTO requirements (release_id, kind, slug, range)"
TOKEN = "INSERT INTO tokens (hash, user_id, kind, session, created_at, expires_at)"
REFUSED = {
    "a user id with a capital": (
        "CHECK",
        f"{USER} VALUES ('{'A' * 32}', 'x', NULL, 'user', 1, 1, 1)",
    ),
    "a user id with a dash": (
        "CHECK",
        f"{USER} VALUES ('{'b' * 31}-', 'x', NULL, 'user', 1, 1, 1)",
    ),
    "a short user id": ("CHECK", f"{USER} VALUES ('{'b' * 31}', 'x', NULL, 'user', 1, 1, 1)"),
    "an unknown role": ("CHECK", f"{USER} VALUES ('{NEW}', 'x', NULL, 'root', 1, 1, 1)"),
    "no role": ("NOT NULL", f"{USER} VALUES ('{NEW}', 'x', NULL, NULL, 1, 1, 1)"),
    "a third state of a switch": ("CHECK", f"{USER} VALUES ('{NEW}', 'x', NULL, 'user', 2, 1, 1)"),
    "a name in another case": ("UNIQUE", f"{USER} VALUES ('{NEW}', 'ANN', NULL, 'user', 1, 1, 1)"),
    "an address in another case": (
        "UNIQUE",
        f"{USER} VALUES ('{NEW}', 'x', 'Ann@B.C', 'user', 1, 1, 1)",
    ),
    "a time that is text": ("TEXT", f"{USER} VALUES ('{NEW}', 'x', NULL, 'user', 1, 'now', 1)"),
    "a token in the clear": (
        "CHECK",
        f"{TOKEN} VALUES ('secret', '{'a' * 32}', 'access', 's', 1, 2)",
    ),
    "an unknown kind of token": (
        "CHECK",
        f"{TOKEN} VALUES ('{DIGEST}', '{'a' * 32}', 'api', 's', 1, 2)",
    ),
    "a token of nobody": ("FOREIGN", f"{TOKEN} VALUES ('{DIGEST}', '{NEW}', 'access', 's', 1, 2)"),
    "a slug in another case": (
        "UNIQUE",
        "INSERT INTO plugins (slug, created_at) VALUES ('CLOCK', 1)",
    ),
    "an owner who is nobody": ("FOREIGN", f"INSERT INTO plugins VALUES ('New', '{NEW}', 1)"),
    "a release of no plugin": (
        "FOREIGN",
        f"{RELEASE} VALUES ('X', '1', '{DIGEST}', 1, '{{}}', 't', 'u', 1)",
    ),
    "a release in another case": (
        "UNIQUE",
        (f"{RELEASE} VALUES ('CLOCK', '1.0.0', '{DIGEST}', 1, '{{}}', 't', 'u', 1)"),
    ),
    "a version in another case": (
        "UNIQUE",
        f"{RELEASE} VALUES ('Clock', '3.0.0-RC', '{DIGEST}', 1, '{{}}', 't', 'u', 1)",
    ),
    "a release without a digest": (
        "CHECK",
        f"{RELEASE} VALUES ('Clock', '3', '', 1, '{{}}', 't', 'u', 1)",
    ),
    "a negative size": (
        "CHECK",
        f"{RELEASE} VALUES ('Clock', '3', '{DIGEST}', -1, '{{}}', 't', 'u', 1)",
    ),
    "a file of no release": (
        "FOREIGN",
        f"INSERT INTO release_files VALUES (99, 'x', 1, '{DIGEST}', NULL)",
    ),
    "a second installation": ("UNIQUE", f"{INSTALL}, 'clock', 2, 1, 1)"),
    "a release of another plugin": ("FOREIGN", f"{INSTALL}, 'Other', 1, 1, 1)"),
    "a release that does not exist": ("FOREIGN", f"{INSTALL}, 'Other', 99, 1, 1)"),
    "a move to another plugin": ("FOREIGN", "UPDATE installations SET release_id = 3"),
    "a move back to another plugin": (
        "FOREIGN",
        "UPDATE installations SET previous_release_id = 3",
    ),
    "an installation of nobody": (
        "FOREIGN",
        f"{INSTALL}, 'Clock', 1, 1, 1)".replace("a" * 32, NEW),
    ),
    "removal of an installed release": ("FOREIGN", "DELETE FROM releases WHERE id = 1"),
    "removal of the release before": ("FOREIGN", "DELETE FROM releases WHERE id = 4"),
    "removal of a release of open pages": ("FOREIGN", "DELETE FROM releases WHERE id = 2"),
    "removal of a plugin with releases": ("FOREIGN", "DELETE FROM plugins WHERE slug = 'Clock'"),
    "a row of an unknown table": (
        "CHECK",
        ("INSERT INTO plugin_rows SELECT id, 'users', 'x', '{}' FROM installations"),
    ),
    "an unknown contract": ("CHECK", "UPDATE releases SET contract = 'other'"),
    "no columns of the application": ("NOT NULL", "UPDATE releases SET application = NULL"),
    "no other versions": ("NOT NULL", "UPDATE releases SET other_versions = NULL"),
    "a time of yanking that is text": ("TEXT", "UPDATE releases SET yanked_at = 'now'"),
    "an unknown kind of requirement": ("CHECK", f"{REQUIRE} VALUES (1, 'wish', 'A', '*')"),
    "a requirement of no release": ("FOREIGN", f"{REQUIRE} VALUES (99, 'conflict', 'A', '*')"),
    "a requirement without a range": (
        "NOT NULL",
        f"{REQUIRE} VALUES (1, 'conflict', 'A', NULL)",
    ),
    "a requirement in another case": (
        "UNIQUE",
        f"{REQUIRE} VALUES (3, 'dependency', 'cHARTS', '*')",
    ),
    "an unknown channel": ("CHECK", "UPDATE installations SET channel = 'nightly'"),
    "no channel": ("NOT NULL", "UPDATE installations SET channel = NULL"),
    "a third way to come along": ("CHECK", "UPDATE installations SET as_dependency = 2"),
    "neither asked for nor come along": (
        "NOT NULL",
        "UPDATE installations SET as_dependency = NULL",
    ),
    "an entry of the audit without a result": (
        "NOT NULL",
        "INSERT INTO audit (at, actor_name, action, target, result) VALUES (1, '', '', '', NULL)",
    ),
}


@pytest.fixture(name="filled")
async def _filled(database: Database) -> Database:
    """Ann had releases 2 and 4 of Clock and has release 1; release 3 is of another plugin."""
    ann = await rows.add_user(database, email="ann@b.c")
    first = await rows.publish(database)
    second = await rows.publish(database, version="2.0.0")
    await rows.publish(database, "Other", dependencies={"Charts": "^3"})
    third = await rows.publish(database, version="3.0.0-rc")
    moved = await rows.move(database, await rows.install(database, ann, second), third)
    await rows.move(database, moved, first)
    return database


async def count(database: Database, table: str) -> int:
    async with database.snapshot() as reader:
        return len(await fetch_all(reader, f"SELECT * FROM {table}"))


async def execute(database: Database, sql: str) -> None:
    async with database.transaction() as tx:
        await tx.execute(sql)


async def test_every_table_is_strict(database: Database) -> None:
    async with database.snapshot() as reader:
        found = await fetch_all(reader, "PRAGMA table_list")
    tables = {row["name"]: row["strict"] for row in found if row["type"] == "table"}
    ours = {name: strict for name, strict in tables.items() if not re.match("sqlite_", name)}
    assert len(ours) >= 12
    assert [name for name, strict in ours.items() if not strict] == []


@pytest.mark.parametrize("case", REFUSED)
async def test_the_schema_refuses(filled: Database, case: str) -> None:
    kind, sql = REFUSED[case]
    with pytest.raises(sqlite3.IntegrityError, match=kind):
        await execute(filled, sql)


async def test_a_user_goes_with_installations_and_tokens_but_not_releases(
    filled: Database,
) -> None:
    await execute(filled, f"{TOKEN} VALUES ('{DIGEST}', '{'a' * 32}', 'access', 's', 1, 2)")
    await execute(filled, f"UPDATE releases SET published_by = '{'a' * 32}'")
    await execute(
        filled,
        "INSERT INTO installation_modules (installation_id, name) SELECT id, 'Face'"
        " FROM installations",
    )
    gone = ["installations", "former_releases", "installation_modules", "tokens"]
    assert [await count(filled, table) for table in gone] == [1, 2, 1, 1]
    await execute(filled, "DELETE FROM users WHERE name = 'ann'")
    assert [await count(filled, table) for table in gone] == [0, 0, 0, 0]
    assert await count(filled, "releases WHERE published_by IS NULL") == 4


async def test_a_release_that_nobody_refers_to_goes_with_its_files_and_modules(
    filled: Database,
) -> None:
    tables = ["release_files", "modules", "requirements"]
    assert [await count(filled, f"{table} WHERE release_id = 3") for table in tables] == [1, 1, 1]
    await execute(filled, "DELETE FROM releases WHERE id = 3")
    assert [await count(filled, f"{table} WHERE release_id = 3") for table in tables] == [0, 0, 0]
    assert await count(filled, "modules") == 3


async def test_the_number_of_a_removed_release_is_not_given_again(filled: Database) -> None:
    await execute(filled, "DELETE FROM former_releases")
    await execute(filled, "UPDATE installations SET previous_release_id = NULL")
    await execute(filled, "DELETE FROM releases WHERE id = 4")
    assert (await rows.publish(filled, "Other", "2.0.0")).id == 5
