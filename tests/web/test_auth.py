"""Who a request comes from."""

import pytest

from pluginhub.web import keys
from tests.conftest import Hub

URL = "/api/plugins/installed"


async def status(hub: Hub, headers: dict[str, str], url: str = URL) -> int:
    return (await hub.client.get(url, headers=headers)).status


async def test_the_scheme_may_be_written_in_any_case(hub: Hub) -> None:
    token = (await hub.sign_in(await hub.add_user("ann")))["Authorization"].split()[1]
    for scheme in ("Bearer", "bearer", "BEARER", "Bearer "):
        assert await status(hub, {"Authorization": f"{scheme} {token}"}) == 200, scheme


async def test_anything_else_is_no_proof(hub: Hub) -> None:
    token = (await hub.sign_in(await hub.add_user("ann")))["Authorization"].split()[1]
    for form in ("{}", "Basic {}", "Token {}", "Bearer", "Bearer{}", "Bearer {}x", "Bearer {} {}"):
        assert await status(hub, {"Authorization": form.format(token, token)}) == 401, form


async def test_nonsense_is_no_token(hub: Hub) -> None:
    for token in ("ä", "a" * 4000, "'", "%00", "null", "0", "a b"):
        answer = await hub.client.get(URL, headers={"Authorization": f"Bearer {token}"})
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer"), token


async def test_a_token_in_the_address_is_not_read(hub: Hub) -> None:
    token = (await hub.sign_in(await hub.add_user("ann")))["Authorization"].split()[1]
    for name in ("token", "access_token", "refresh_token", "Authorization"):
        assert await status(hub, {}, f"{URL}?{name}={token}") == 401


async def test_an_access_token_is_no_cookie(hub: Hub) -> None:
    token = (await hub.sign_in(await hub.add_user("ann")))["Authorization"].split()[1]
    for name in ("refresh_token", "access_token"):
        assert await status(hub, {"Cookie": f"{name}={token}"}) == 401


async def test_the_operator_of_one_server_is_nobody_elsewhere(hub: Hub) -> None:
    token = hub.app[keys.OPERATOR_TOKEN]
    assert len(token) >= 43  # 256 bits
    assert await status(hub, hub.operator, "/api/users") == 200
    for other in (token[:-1], token + "x", token.swapcase(), ""):
        assert await status(hub, {"Authorization": f"Bearer {other}"}, "/api/users") == 401


@pytest.mark.parametrize("role", ["admin", "operator"])
async def test_an_admin_asks_for_another_user_by_name(hub: Hub, role: str) -> None:
    await hub.add_user("Ann")
    root = await hub.sign_in(await hub.add_user("root", "admin"))
    headers = root if role == "admin" else hub.operator
    assert await status(hub, headers, f"{URL}?user=ann") == 200
    for nobody in ("ghost", "", "%00", "%ff", "%27", "a" * 1000):
        assert await status(hub, headers, f"{URL}?user={nobody}") == 404


async def test_a_user_asks_for_nobody_else_and_cannot_tell_who_exists(hub: Hub) -> None:
    await hub.add_user("ben")
    ann = await hub.sign_in(await hub.add_user("ann"))
    answers = [await hub.client.get(f"{URL}?user={name}", headers=ann) for name in ("ben", "ghost")]
    assert {(answer.status, await answer.text()) for answer in answers} == {
        (403, await answers[0].text())
    }


async def test_who_asks_is_in_the_audit_with_the_address(hub: Hub) -> None:
    root = await hub.add_user("root", "admin")
    headers = await hub.sign_in(root)
    await hub.client.post("/api/users", json={"name": "ann"}, headers=headers)
    await hub.client.post("/api/users", json={"name": "ben"}, headers=hub.operator)
    async with hub.database.snapshot() as connection:
        rows = await connection.execute_fetchall(
            "SELECT actor_id, actor_name, address, target FROM audit ORDER BY id DESC LIMIT 2"
        )
    assert [tuple(row) for row in rows] == [
        (None, "operator", "127.0.0.1", "ben"),
        (root.id, "root", "127.0.0.1", "ann"),
    ]
