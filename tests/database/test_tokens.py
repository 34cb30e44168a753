import pytest

from pluginhub.database import tokens
from pluginhub.database.connection import Connection, Database
from pluginhub.database.tokens import Kind, Token
from pluginhub.models import User
from tests.database import rows


def hashed(name: str) -> str:
    return f"{name:-<64}"


async def add(tx: Connection, owner: User, name: str, session: str, kind: Kind = "access") -> None:
    await tokens.add(
        tx, hashed(name), user_id=owner.id, kind=kind, session=session, now=100, lifetime=50
    )


async def present(tx: Connection) -> str:
    """Return the names of the tokens that are there."""
    return "".join([name for name in "abcd" if await tokens.find(tx, hashed(name))])


@pytest.mark.parametrize("kind", ["access", "refresh"])
async def test_a_token_is_found_by_its_hash_with_its_user(database: Database, kind: Kind) -> None:
    ann = await rows.add_user(database, enabled=False)
    async with database.transaction() as tx:
        await add(tx, ann, "a", "one", kind)
        found = await tokens.find(tx, hashed("a"))
        assert await tokens.find(tx, hashed("b")) is None
    assert found == Token(ann, kind, "one", expires_at=150, used_at=None)


async def test_a_used_token_is_remembered_as_used(database: Database) -> None:
    ann = await rows.add_user(database)
    async with database.transaction() as tx:
        await add(tx, ann, "a", "one", "refresh")
        await add(tx, ann, "b", "one", "refresh")
        await tokens.mark_used(tx, hashed("a"), now=120)
        found = [await tokens.find(tx, hashed(name)) for name in "ab"]
    assert [token.used_at for token in found if token] == [120, None]


async def test_tokens_end_by_session_by_user_and_by_time(database: Database) -> None:
    ann, ben = await rows.add_user(database), await rows.add_user(database, "ben", "b")
    async with database.transaction() as tx:
        for owner, name, session in ((ann, "a", "1"), (ann, "b", "2"), (ann, "c", "2")):
            await add(tx, owner, name, session)
        await add(tx, ben, "d", "3")
        await tokens.end_session(tx, "1")
        assert await present(tx) == "bcd"
        await tokens.end_all_sessions(tx, ann.id, but="2")
        assert await present(tx) == "bcd"
        await tokens.end_all_sessions(tx, ann.id)
        assert await present(tx) == "d"
        await tokens.remove_expired(tx, now=149)
        assert await present(tx) == "d"
        await tokens.remove_expired(tx, now=150)
        assert await present(tx) == ""
