"""What runs out goes, and nothing else."""

from pluginhub.database import expired
from pluginhub.database.connection import Database, fetch_all
from pluginhub.models import User
from tests.database import rows

DAY = 24 * 3600
NOW = 100 * DAY


async def fill(database: Database, user: User, now: int | None = None) -> None:
    """Insert two rows into each table, of which one has run out."""
    now = database.now() if now is None else now
    async with database.transaction() as tx:
        for number, (ends, ago) in enumerate([(now - DAY, 0), (now - DAY + 1, 1)]):
            await tx.execute(
                "INSERT INTO tokens (hash, user_id, kind, session, created_at, expires_at)"
                " VALUES (?, ?, 'access', 's', 1, ?)",
                (str(number) * 64, user.id, ends),
            )
            await tx.execute(
                "INSERT INTO api_tokens (id, user_id, name, hash, scopes, created_at, expires_at)"
                " VALUES (?, ?, 'n', ?, '[]', 1, ?)",
                (str(number) * 32, user.id, str(number) * 64, ends),
            )
            await tx.execute(
                "INSERT INTO idempotency_keys (actor, key, request, created_at)"
                " VALUES ('a', ?, 'r', ?)",
                (str(number), now - 2 * DAY + ago),
            )
            await tx.execute(
                "INSERT INTO jobs (id, kind, source, state, created_at, updated_at)"
                " VALUES (?, 'publish', '{}', 'done', 1, ?)",
                (str(number) * 32, now - 7 * DAY + ago),
            )
            await tx.execute(
                "INSERT INTO plugin_states (id, user_id, plugin_id, state_key, state_data,"
                " state_strategy, state_size, last_accessed, ttl_expires_at, sync_status,"
                " created_at, updated_at) VALUES (?, ?, 'p', ?, '{}', 'none', 2, 1, ?, 'synced',"
                " 1, 1)",
                (str(number), user.id, str(number), ends),
            )


async def test_what_has_run_out_goes_and_the_rest_stays(database: Database) -> None:
    await fill(database, await rows.add_user(database), NOW)
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO jobs (id, kind, source, state, created_at, updated_at)"
            " VALUES (?, 'publish', '{}', 'running', 1, 1)",
            ("f" * 32,),
        )
        counted = await expired.count(tx, NOW)
        assert await expired.remove(tx, NOW) == counted
        assert set(counted.values()) == {1}
        for table in counted:
            left = await fetch_all(tx, f"SELECT * FROM {table}")
            assert len(left) == (2 if table == "jobs" else 1), table
