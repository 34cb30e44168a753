from pluginhub.database import api_tokens
from pluginhub.database.api_tokens import ApiToken
from pluginhub.database.connection import Database
from tests.database import rows


async def test_a_token_is_found_listed_and_removed(database: Database) -> None:
    ann, ben = await rows.add_user(database), await rows.add_user(database, "ben", "b")
    first = ApiToken("1" * 32, ann.id, "first", ("read", "install"), 100, None)
    second = ApiToken("2" * 32, ann.id, "second", ("read",), 101, 200)
    async with database.transaction() as tx:
        await api_tokens.add(tx, second, "b" * 64)
        await api_tokens.add(tx, first, "a" * 64)
        assert await api_tokens.find(tx, "a" * 64) == (first, ann)
        assert await api_tokens.find(tx, "c" * 64) is None
        assert await api_tokens.find_by_id(tx, second.id) == second
        assert await api_tokens.list_of(tx, ann.id) == [first, second]
        assert await api_tokens.list_of(tx, ben.id) == []
        await api_tokens.remove(tx, first.id)
        assert await api_tokens.find_by_id(tx, first.id) is None
        assert await api_tokens.list_of(tx, ann.id) == [second]
