import json

import pytest

from pluginhub.database import audit
from pluginhub.database.connection import Database, fetch_all
from pluginhub.models import Actor

ANN = Actor("a" * 32, "ann", admin=False, address="192.0.2.1")
OPERATOR = Actor(None, "operator", admin=True)


async def test_an_entry_says_who_did_what_to_what_and_when(database: Database) -> None:
    async with database.transaction() as tx:
        await audit.record(tx, ANN, "install", "Clock@1.0.0", 5, previous=None, user="ä")
        await audit.record(tx, OPERATOR, "disable-user", "ann", 6)
    async with database.snapshot() as reader:
        first, second = await fetch_all(reader, "SELECT * FROM audit ORDER BY id")
    assert json.loads(first["details"]) == {"previous": None, "user": "ä"}
    assert tuple(first)[1:-1] == (5, "a" * 32, "ann", "192.0.2.1", "install", "Clock@1.0.0")
    assert tuple(second)[1:] == (6, None, "operator", None, "disable-user", "ann", "{}")


async def test_an_entry_goes_with_the_transaction_that_it_is_about(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as tx:
            await audit.record(tx, ANN, "install", "Clock@1.0.0", 5)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with database.snapshot() as reader:
        assert await fetch_all(reader, "SELECT * FROM audit") == []
