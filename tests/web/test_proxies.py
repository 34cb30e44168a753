"""What reverse proxies say is believed of our own alone; also with a real nginx."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import unused_port

from pluginhub.config import Config
from pluginhub.web.proxies import client, is_trusted
from tests import bundles
from tests.conftest import Hub, settings
from tests.web.conftest import make_passwords_cheap, serving

PROXIES = ("10.0.0.0/8", "::1")
_NGINX = shutil.which("nginx")


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("", "10.0.0.1"),
        ("203.0.113.7", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, 10.0.0.9", "203.0.113.7"),
        ("203.0.113.7, ::1, 10.0.0.9", "203.0.113.7"),
        ("10.0.0.3, 10.0.0.9", "10.0.0.3"),
        ("unknown", "10.0.0.1"),
        ("203.0.113.7, nonsense", "10.0.0.1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("," * 1000, "10.0.0.1"),
    ],
)
def test_a_client_is_the_last_address_that_is_no_proxy(forwarded: str, expected: str) -> None:
    assert client(PROXIES, "10.0.0.1", forwarded) == expected


def test_only_named_networks_are_trusted() -> None:
    for address in ("10.1.2.3", "::1", "::ffff:10.0.0.1"):
        assert is_trusted(PROXIES, address)
    for text in ("11.0.0.1", "::2", "", "localhost", None):
        assert not is_trusted(PROXIES, text)


async def address_of(hub: Hub, headers: dict[str, str]) -> str:
    """Return the address that the audit has for a request."""
    name = f"u{headers.get('X-Forwarded-For', 'x').replace(',', '-').replace(' ', '')[:40]}"
    body = {"name": name.replace(":", "-").replace("[", "").replace("]", "")}
    answer = await hub.client.post("/api/users", json=body, headers={**hub.operator, **headers})
    assert answer.status == 201, await answer.text()
    answer = await hub.client.get("/api/audit?limit=1", headers=hub.operator)
    [entry] = (await answer.json())["audit"]
    found: str = entry["address"]
    return found


async def test_forwarded_headers_of_others_are_just_text(hub: Hub) -> None:
    assert await address_of(hub, {"X-Forwarded-For": "203.0.113.7"}) == "127.0.0.1"


async def test_forwarded_headers_of_a_proxy_are_believed(tmp_path: Path) -> None:
    config = settings(tmp_path / "data", trusted_proxies=("127.0.0.0/8",))
    async with serving(config) as hub:
        assert await address_of(hub, {"X-Forwarded-For": "198.51.100.1, 203.0.113.7"}) == (
            "203.0.113.7"
        )


async def test_a_host_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    config = settings(tmp_path / "data", allowed_hosts=("hub.example.org", "[::1]"))
    async with serving(config) as hub:
        for host, status in [
            ("hub.example.org", 401),
            ("HUB.example.org:8080", 401),
            ("[::1]:8080", 401),
            ("evil.example.org", 421),
            ("hub.example.org.evil.com", 421),
        ]:
            answer = await hub.client.get("/api/plugins", headers={"Host": host})
            assert answer.status == status, host
        assert (await hub.client.get("/healthz", headers={"Host": "10.0.0.7"})).status == 200


@asynccontextmanager
async def nginx(folder: Path, upstream: int) -> AsyncIterator[str]:
    """Run nginx with /hub/ passed on to a port."""
    if _NGINX is None:
        pytest.skip("nginx is not installed (Debian: apt-get install nginx-light)")
    port = unused_port()
    config = folder / "nginx.conf"
    config.write_text(
        f"""
        daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
        events {{}}
        http {{
          access_log off; client_max_body_size 200m;
          client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
          fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
          server {{
            listen 127.0.0.1:{port};
            location /hub/ {{
              proxy_pass http://127.0.0.1:{upstream};
              proxy_http_version 1.1;
              proxy_set_header Host $host;
              proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
              proxy_set_header X-Forwarded-Proto https;
              proxy_set_header X-Forwarded-Host hub.example.org;
            }}
          }}
        }}"""
    )
    process = await asyncio.create_subprocess_exec(_NGINX, "-c", str(config), "-p", str(folder))
    try:
        await _listening(port)
        yield f"http://127.0.0.1:{port}/hub"
    finally:
        process.terminate()
        await process.wait()


async def _listening(port: int) -> None:
    async with asyncio.timeout(8):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return


def behind_nginx(data: Path) -> Config:
    return settings(
        data,
        base_path="/hub",
        trusted_proxies=("127.0.0.1",),
        allowed_hosts=("hub.example.org",),
    )


async def test_all_of_it_works_below_a_path_behind_nginx(tmp_path: Path) -> None:
    async with (
        serving(behind_nginx(tmp_path / "data")) as hub,
        nginx(tmp_path, hub.client.port or 0) as url,
        aiohttp.ClientSession() as session,
    ):
        make_passwords_cheap(hub)

        async def send(method: str, path: str, status: int = 200, **more: Any) -> Any:
            async with session.request(method, url + path, **more) as answer:
                assert answer.status == status, await answer.text()
                return (answer.headers, await answer.read(), await answer.json(content_type=None))

        root = {"name": "root", "password": "correct horse battery", "role": "admin"}
        await send("POST", "/api/users", 201, json=root, headers=hub.operator)
        signed = {"email": "root", "password": root["password"]}
        headers, _, tokens = await send("POST", "/api/v1/auth/login", json=signed)
        cookie = headers["Set-Cookie"]
        assert ("Secure" in cookie, "Path=/hub" in cookie) == (True, True)
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        await send("POST", "/api/plugins", 201, data=bundles.bundle(), headers=bearer)
        await send("POST", "/api/plugins/Clock/install", 201, json={}, headers=bearer)
        _, _, found = await send("GET", "/api/v1/plugins/manifest/designer", headers=bearer)
        clock = found["Clock"]
        file = f"/api/v1/public/plugins/{clock['database_id']}/{clock['bundlelocation']}"
        async with session.get(url + file) as answer:
            assert (answer.status, await answer.read()) == (200, b"var Clock = '1.0.0';")
        _, _, audit = await send("GET", "/api/audit?action=install", headers=bearer)
        assert audit["audit"][0]["address"] == "127.0.0.1"  # nothing but proxies is on the way
        forwarded = {**bearer, "X-Forwarded-For": "203.0.113.7"}
        await send("POST", "/api/plugins/Clock/disable", json={}, headers=forwarded)
        _, _, audit = await send("GET", "/api/audit?action=disable", headers=bearer)
        assert audit["audit"][0]["address"] == "203.0.113.7"
        for path, key in [("/api/v1/nothing", "detail"), ("/api/nothing", "code")]:
            _, _, problem = await send("GET", path, 404)
            assert key in problem
        outside = await hub.client.get("/api/plugins", headers={"Host": "hub.example.org"})
        assert outside.status == 404
