import asyncio

import pytest

from pluginhub.accounts import newcomers
from pluginhub.accounts.newcomers import Newcomer
from tests.accounts.conftest import Accounts

ID = "0123456789abcdef0123456789abcdef"


async def test_a_newcomer_is_made_once_and_written_down(accounts: Accounts) -> None:
    newcomer = Newcomer(ID, ("ann",), "ann@example.org")
    found = await asyncio.gather(
        *(newcomers.by_id(accounts.database, newcomer, "192.0.2.1") for _ in range(5))
    )
    assert {(user.id, user.name, user.email, user.role) for user in found} == {
        (ID, "ann", "ann@example.org", "user")
    }
    entries = await accounts.rows("SELECT actor_id, actor_name, address, action FROM audit")
    assert entries == [(ID, "ann", "192.0.2.1", "add-user")]
    assert await accounts.rows("SELECT password_hash FROM users") == [(None,)]


@pytest.mark.parametrize(
    ("names", "name"),
    [
        (("ann", "ben"), "ben"),
        (("ANN", "a b", "", "x" * 51, "\ud800", "operator", "cleo"), "cleo"),
        ((), "user-01234567"),
        (("ann",), "user-01234567"),
    ],
)
async def test_a_name_that_is_unfit_or_taken_is_passed_over(
    accounts: Accounts, names: tuple[str, ...], name: str
) -> None:
    await accounts.add("ann", email="ann@example.org")
    user = await newcomers.by_id(accounts.database, Newcomer(ID, names, "ANN@example.org"), None)
    assert (user.name, user.email) == (name, None)
    twin = Newcomer("01234567" + "f" * 24, names, "no address")
    other = await newcomers.by_id(accounts.database, twin, None)
    assert other.name in {f"user-{twin.id}", "user-01234567"} - {name}
    assert other.email is None


async def test_a_proxy_names_those_who_are_there_and_others(accounts: Accounts) -> None:
    ann = await accounts.add("ann", email="ann@example.org")
    for name in ("ann", "ANN", "ann@example.org"):
        assert await newcomers.by_name(accounts.database, name, None) == ann
    ben = await newcomers.by_name(accounts.database, "ben@example.org", None)
    assert (ben.name, ben.email) == ("ben", "ben@example.org")
    assert await newcomers.by_name(accounts.database, "BEN@example.org", None) == ben
    odd = await newcomers.by_name(accounts.database, "OFFICE\\cleo", None)
    assert odd.name == f"user-{odd.id[:8]}"
    assert await newcomers.by_name(accounts.database, "office\\CLEO", None) == odd


def test_an_id_is_always_the_same_and_tells_parts_apart() -> None:
    ids = [newcomers.id_of(*parts) for parts in (("a", "b"), ("a", "b"), ("ab",), ("b", "a"))]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3
    assert {len(each) for each in ids} == {32}
