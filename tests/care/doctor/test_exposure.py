import pytest

from tests.care.doctor.cases import case, causes, with_settings
from tests.conftest import Hub


@pytest.mark.parametrize(
    ("host", "proxies", "is_found"),
    [
        ("127.0.0.1", (), False),
        ("localhost", (), False),
        ("::1", (), False),
        ("0.0.0.0", (), True),  # noqa: S104 - what is to be found
        ("192.0.2.1", (), True),
        ("hub.example.org", (), True),
        ("0.0.0.0", ("10.0.0.1/32",), False),  # noqa: S104 - the same
    ],
)
async def test_a_server_for_others_has_a_proxy_in_front_of_it(
    hub: Hub, host: str, proxies: tuple[str, ...], is_found: bool
) -> None:
    found = await causes(with_settings(hub, "server", host=host, trusted_proxies=proxies))
    assert ("no-proxy" in found) is is_found


async def test_a_proxy_that_forwards_and_is_not_trusted_is_named(hub: Hub) -> None:
    await hub.client.get("/healthz")
    assert "proxy-unknown" not in await causes(case(hub))
    await hub.client.get("/healthz", headers={"X-Forwarded-For": "192.0.2.7"})
    assert "forwarded from 127.0.0.1" in (await causes(case(hub)))["proxy-unknown"]


async def test_open_registration_matters_where_others_come(hub: Hub) -> None:
    local = with_settings(hub, "auth", registration="open")
    assert "registration-open" not in await causes(local)
    server = local.config.server.model_copy(update={"trusted_proxies": ("127.0.0.1/32",)})
    config = local.config.model_copy(update={"server": server})
    assert "registration-open" in await causes(case(hub, config=config))


async def test_public_metrics_are_named_and_private_ones_are_not(hub: Hub) -> None:
    for allow, is_found in [(("10.0.0.0/8", "::1/128"), False), (("0.0.0.0/0",), True)]:
        found = await causes(with_settings(hub, "metrics", allow=allow))
        assert ("metrics-public" in found) is is_found


async def test_sources_that_are_less_than_safe_are_named(hub: Hub) -> None:
    found = await causes(
        with_settings(hub, "publish", allow_http=True, allow_private_networks=("10.0.0.0/8",))
    )
    assert "10.0.0.0/8" in found["private-sources"]
    assert "http-sources" in found
