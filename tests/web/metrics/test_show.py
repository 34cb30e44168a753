import asyncio
from typing import Any

import pytest

from pluginhub.config import Config, Metrics
from tests.conftest import Hub, settings
from tests.web.api.calling import call
from tests.web.conftest import serving
from tests.web.metrics.reading import samples

ELSEWHERE = "192.0.2.7"


async def status(hub: Hub, headers: dict[str, str] | None = None) -> int:
    return (await hub.client.get("/metrics", headers=headers)).status


def config(hub: Hub, allow: tuple[str, ...] = Metrics().allow, **server: Any) -> Config:
    found = settings(hub.data.parent / "other", **server)
    return found.model_copy(update={"metrics": Metrics(allow=allow)})


async def test_this_machine_may_read_them_without_a_token(hub: Hub) -> None:
    assert await status(hub) == 200
    assert await status(hub, {"Host": "localhost"}) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": ELSEWHERE},
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Real-IP": ELSEWHERE},
        {"Forwarded": f"for={ELSEWHERE}"},
        {"Via": "1.1 proxy"},
        {"Host": "hub.example.org"},
    ],
)
async def test_a_proxy_on_this_machine_that_is_not_trusted_opens_them_to_nobody(
    hub: Hub, headers: dict[str, str]
) -> None:
    assert await status(hub, headers) == 401


async def test_a_trusted_proxy_is_judged_by_its_client(hub: Hub) -> None:
    given = config(hub, ("192.0.2.0/24", "127.0.0.1/32"), trusted_proxies=("127.0.0.1/32",))
    async with serving(given) as other:
        assert await status(other, {"X-Forwarded-For": ELSEWHERE}) == 200
        assert await status(other, {"X-Forwarded-For": "198.51.100.1"}) == 401
        assert await status(other, {"X-Forwarded-For": f"{ELSEWHERE}, 198.51.100.1"}) == 401
        assert await status(other) == 401  # it does not say for whom it asks


async def test_admins_may_read_them_from_anywhere_and_users_may_not(hub: Hub) -> None:
    async with serving(config(hub, ())) as other:
        assert await status(other) == 401
        admin = await other.sign_in(await other.add_user("ann", "admin"))
        user = await other.sign_in(await other.add_user("ben"))
        assert await status(other, user) == 403
        for headers in (admin, other.operator):
            assert await status(other, headers) == 200
        for owner, expected in ((admin, 200), (user, 403)):
            made = await call(
                other, "POST", "/api/tokens", owner, {"name": "x", "scopes": ["read"]}
            )
            assert await status(other, {"Authorization": f"Bearer {made[1]['token']}"}) == expected


async def test_many_who_ask_at_once_are_answered_one_after_the_other(hub: Hub) -> None:
    found = await asyncio.gather(*(samples(hub) for _ in range(5)))
    assert all("pluginhub_info" in them for them in found)
