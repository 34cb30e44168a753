import pytest

from pluginhub.database import webhooks
from pluginhub.database.connection import Database
from pluginhub.database.webhooks import Delivery, Webhook

HOOK = Webhook("a" * 32, "https://x.example/hook", ("published",), True, 7, 1000)


@pytest.fixture(name="filled")
async def _filled(database: Database) -> Database:
    async with database.transaction() as tx:
        await webhooks.add(tx, HOOK)
    return database


def delivery(number: int, **more: object) -> Delivery:
    values = {"event_id": number, "type": "published", "attempts": 1, "at": 1000, **more}
    return Delivery(id=f"x-{number}", webhook_id=HOOK.id, **values)  # type: ignore[arg-type]


async def record(database: Database, *deliveries: Delivery) -> None:
    async with database.transaction() as tx:
        for it in deliveries:
            await webhooks.record(tx, it)


async def ids(database: Database) -> list[str]:
    async with database.snapshot() as connection:
        return [it.id for it in await webhooks.deliveries(connection, HOOK.id)]


async def test_a_webhook_comes_back_as_it_was_written(filled: Database) -> None:
    async with filled.snapshot() as connection:
        assert await webhooks.list_all(connection) == [HOOK]
        assert await webhooks.find(connection, HOOK.id) == HOOK
        assert await webhooks.find(connection, "b" * 32) is None


async def test_a_change_leaves_the_position_alone_and_a_move_leaves_the_rest(
    filled: Database,
) -> None:
    changed = Webhook(HOOK.id, "https://y.example/", (), False, 0, 1000)
    async with filled.transaction() as tx:
        await webhooks.move(tx, HOOK.id, 9)
        await webhooks.change(tx, changed)
        found = await webhooks.find(tx, HOOK.id)
    assert found == Webhook(HOOK.id, "https://y.example/", (), False, 9, 1000)


async def test_a_delivery_that_is_attempted_again_is_the_same_row(filled: Database) -> None:
    again = delivery(1, attempts=2, at=1005, duration=8, status=204)
    await record(filled, delivery(1, error="no", next_at=1005), delivery(2), again)
    assert await ids(filled) == ["x-2", "x-1"]
    async with filled.snapshot() as connection:
        assert await webhooks.find_delivery(connection, "x-1") == again


async def test_the_last_fifty_are_kept_and_what_waits(filled: Database) -> None:
    await record(filled, delivery(0, next_at=2000), *(delivery(it) for it in range(1, 61)))
    assert await ids(filled) == [f"x-{it}" for it in range(60, 10, -1)]
    async with filled.transaction() as tx:
        assert await webhooks.find_delivery(tx, "x-0")
        await webhooks.give_up(tx, HOOK.id)
    await record(filled, delivery(61))
    async with filled.snapshot() as connection:
        assert await webhooks.find_delivery(connection, "x-0") is None


async def test_deliveries_go_with_their_webhook_and_none_comes_afterwards(
    filled: Database,
) -> None:
    await record(filled, delivery(1))
    async with filled.transaction() as tx:
        await webhooks.remove(tx, HOOK.id)
    await record(filled, delivery(2))
    assert await ids(filled) == []


async def test_the_last_deliveries_are_found_for_all_webhooks(filled: Database) -> None:
    await record(filled, *(delivery(number) for number in range(4)))
    async with filled.snapshot() as connection:
        found = await webhooks.latest(connection, 2)
    assert {key: [it.id for it in them] for key, them in found.items()} == {HOOK.id: ["x-3", "x-2"]}
