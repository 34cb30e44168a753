"""Requests are seen as their clients sent them; a real nginx stands in front in some tests."""

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import ClientSession, TCPConnector
from aiohttp.test_utils import unused_port

from pluginhub.accounts import users
from pluginhub.config import Config
from pluginhub.database.connection import fetch_all
from pluginhub.web import keys
from pluginhub.web.access_log import AccessLogger
from tests import bundles
from tests.conftest import OPERATOR, Hub, settings
from tests.nginx import running
from tests.web import raw
from tests.web.conftest import make_passwords_cheap, serving

HERE = ("127.0.0.1/32",)
VISITOR = "127.0.0.5"  # outside of HERE, and yet on this machine
PASSWORD = "correct horse"

NGINX = """
  server {{
    listen 127.0.0.1:{port};
    location /hub/ {{
      proxy_pass http://127.0.0.1:{hub};
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto https;  # as if it were: there is no certificate here
      proxy_set_header X-Forwarded-Host $host;
      client_max_body_size 101m;
      proxy_request_buffering off;
    }}
  }}
"""


async def audit(hub: Hub) -> list[tuple[str, str]]:
    async with hub.database.snapshot() as connection:
        rows = await fetch_all(connection, "SELECT action, address FROM audit ORDER BY id")
    return [(row["action"], row["address"]) for row in rows]


async def test_the_audit_and_the_log_know_the_client_behind_a_proxy(
    tmp_path: Path, logged: io.StringIO
) -> None:
    config = settings(tmp_path / "data", trusted_proxies=HERE)
    async with serving(config, access_log_class=AccessLogger) as hub:
        headers = {**hub.operator, "X-Forwarded-For": "1.1.1.1, 192.0.2.7"}
        await hub.client.post("/api/users", json={"name": "ann"}, headers=headers)
        await hub.client.post("/api/users", json={"name": "ben"}, headers=hub.operator)
        assert await audit(hub) == [("add-user", "192.0.2.7"), ("add-user", "127.0.0.1")]
    events = [json.loads(line) for line in logged.getvalue().splitlines()]
    found = [event["address"] for event in events if event["logger"] == "pluginhub.access"]
    assert found == ["192.0.2.7", "127.0.0.1"]


async def test_nobody_else_is_believed(hub: Hub) -> None:
    headers = {**hub.operator, "X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
    await hub.client.post("/api/users", json={"name": "ann"}, headers=headers)
    assert await audit(hub) == [("add-user", "127.0.0.1")]


async def test_limits_count_the_client_and_not_the_proxy(tmp_path: Path) -> None:
    async with serving(settings(tmp_path / "data", trusted_proxies=HERE)) as hub:
        make_passwords_cheap(hub)
        body = {"email": "nobody", "password": "wrong horse"}

        async def login(address: str) -> int:
            headers = {"X-Forwarded-For": address}
            async with hub.client.post("/api/v1/auth/login", json=body, headers=headers) as answer:
                return answer.status

        assert [await login("192.0.2.1") for _ in range(11)] == [401] * 10 + [429]
        assert await login("9.9.9.9, 192.0.2.1") == 429
        assert await login("192.0.2.2") == 401


async def test_an_answer_carries_one_id_behind_a_proxy_as_well(tmp_path: Path) -> None:
    async with serving(settings(tmp_path / "data", trusted_proxies=HERE)) as hub:
        forwarded = {"X-Forwarded-For": "192.0.2.1"}
        for headers in (forwarded, {**forwarded, "X-Request-ID": "abc"}):
            answer = await hub.client.get("/api/plugins", headers=headers)
            assert answer.status == 401
            assert len(answer.headers.getall("X-Request-ID")) == 1


async def test_other_hosts_are_not_answered_for(tmp_path: Path) -> None:
    config = settings(tmp_path / "data", allowed_hosts=("Hub.example.org", "[2001:db8::1]"))
    async with serving(config) as hub:
        port = hub.client.port
        own = ["hub.example.org", "HUB.example.org:8443", "hub.example.org.", "[2001:db8::1]:80"]
        for host in [*own, f"127.0.0.1:{port}", f"localhost:{port}", "127.0.0.1"]:
            answer = await hub.client.get("/healthz", headers={"Host": host})
            assert answer.status == 200, host
        foreign = ["evil.example", "hub.example.org.evil.example", "xhub.example.org", ""]
        for host in [*foreign, "hub.example.org@evil.example", "a b", "evil.example:80"]:
            for path in ("/healthz", "/nowhere", "/api/v1/auth/me"):
                answer = await hub.client.get(path, headers={"Host": host})
                assert answer.status == 421, host
        absolute = await raw.get(hub, b"http://evil.example/healthz")
        assert absolute.status == 421
        spoofed = {"Host": "evil.example", "X-Forwarded-Host": "hub.example.org"}
        assert (await hub.client.get("/healthz", headers=spoofed)).status == 421


async def test_any_host_is_fine_without_a_list(hub: Hub) -> None:
    assert (await hub.client.get("/healthz", headers={"Host": "any.example"})).status == 200


async def test_with_a_base_path_everything_lives_below_it(tmp_path: Path) -> None:
    async with serving(settings(tmp_path / "data", base_path="/hub")) as hub:
        for path, status in [("/hub/healthz", 200), ("/healthz", 404), ("/hubhealthz", 404)]:
            assert (await hub.client.get(path)).status == status, path
        compat = await hub.client.get("/hub/api/v1/auth/me")
        assert (compat.status, await compat.json()) == (401, {"detail": "Not authenticated"})
        native = await hub.client.get("/hub/api/plugins")
        assert (native.status, (await native.json())["code"]) == (401, "unauthenticated")
        outside = await hub.client.get("/api/v1/auth/me")
        assert (outside.status, (await outside.json())["code"]) == (404, "http")


@asynccontextmanager
async def nginx(folder: Path, hub: Hub) -> AsyncIterator[str]:
    """Run nginx in front of a server, and yield its URL with the base path."""
    port = unused_port()
    async with running(folder, NGINX.format(port=port, hub=hub.client.port)):
        yield f"http://127.0.0.1:{port}/hub"


def visitor(**headers: str) -> ClientSession:
    """Return a client with an address of its own, which is no proxy's."""
    connector = TCPConnector(local_addr=(VISITOR, 0))
    return ClientSession(connector=connector, headers={"Host": "hub.example.org", **headers})


def behind_nginx(tmp_path: Path) -> Config:
    return settings(
        tmp_path / "data",
        base_path="/hub",
        trusted_proxies=HERE,
        allowed_hosts=("hub.example.org",),
    )


async def test_everything_works_behind_nginx(tmp_path: Path) -> None:
    async with serving(behind_nginx(tmp_path)) as hub, nginx(tmp_path, hub) as url:
        make_passwords_cheap(hub)
        passwords = hub.app[keys.PASSWORDS]
        await users.add(
            hub.database, passwords, "ann", actor=OPERATOR, password=PASSWORD, role="admin"
        )
        spoofed = {"X-Forwarded-For": "8.8.8.8", "X-Forwarded-Proto": "http"}
        async with visitor(**spoofed, **{"X-Forwarded-Host": "evil.example"}) as browser:
            credentials = {"email": "ann", "password": PASSWORD}
            async with browser.post(f"{url}/api/v1/auth/login", json=credentials) as answer:
                tokens = await answer.json()
                assert (answer.status, tokens["user"]["username"]) == (200, "ann")
                [cookie] = answer.headers.getall("Set-Cookie")
                assert {"Path=/hub", "Secure", "HttpOnly"} <= set(cookie.split("; "))
            browser.headers["Authorization"] = f"Bearer {tokens['access_token']}"
            large = bundles.bundle(slug="Clock")
            async with browser.post(f"{url}/api/plugins", data=io.BytesIO(large)) as answer:
                assert answer.status == 201, await answer.text()
            async with browser.post(f"{url}/api/plugins/Clock/install") as answer:
                assert answer.status == 201, await answer.text()
            async with browser.get(f"{url}/api/v1/plugins/manifest/designer") as answer:
                entry = (await answer.json())["Clock"]
            file = f"{url}/api/v1/public/plugins/{entry['database_id']}/{entry['bundlelocation']}"
        async with visitor() as script:
            async with script.get(file) as answer:
                assert (answer.status, len(await answer.read()) > 0) == (200, True)
            async with script.get(file, headers={"Host": "evil.example"}) as answer:
                assert answer.status == 421
        actions = dict(await audit(hub))
        assert actions["publish"] == actions["install"] == VISITOR
