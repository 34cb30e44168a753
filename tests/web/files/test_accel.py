"""The example for nginx, with a real nginx, which sends what it is told to and nothing else."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import brotli
import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer, unused_port
from multidict import CIMultiDict

from pluginhub.app import create_app
from pluginhub.config import Config, Files
from pluginhub.errors import ConfigError
from tests import bundles, nginx
from tests.conftest import Hub, settings
from tests.web.conftest import serving

EXAMPLE = (Path(__file__).parents[3] / "deploy/nginx.conf").read_text()
SCRIPT = b"console.log('clock');\n" * 100
DRAWING = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
FILES = {
    **bundles.files(),
    "dist/remoteEntry.js": SCRIPT,
    "dist/a b.js": SCRIPT,
    "dist/page.svg": DRAWING,
    "dist/secret.py": b"secret",
}
HOST = "hub.example.org"

Answer = tuple[int, CIMultiDict[str], bytes]


def behind(data: Path, **server: Any) -> Config:
    given = settings(data, base_path="/hub", allowed_hosts=(HOST,), **server)
    return given.model_copy(update={"files": Files(accel="nginx")})


def example(hub: Hub, port: int) -> str:
    """Return the configuration as somebody who follows its comments would change it."""
    text = EXAMPLE.replace("127.0.0.1:8080", f"127.0.0.1:{hub.client.port}")
    text = text.replace("listen 80;", f"listen {port};").replace(
        "/srv/pluginhub/data", str(hub.data)
    )
    assert text.count(str(hub.data)) == 2
    return text


class Site:
    """A plugin of ann's, seen through nginx."""

    def __init__(self, client: ClientSession, root: str, entry: dict[str, Any]) -> None:
        self.client = client
        self._location = entry["bundlelocation"].rpartition("/")[0]
        self.plugin = f"{root}/api/v1/public/plugins/{entry['database_id']}"

    async def get(self, name: str, **headers: str) -> Answer:
        return await self.get_from(f"{self.plugin}/{self._location}/{name}", **headers)

    async def get_from(self, url: str, **headers: str) -> Answer:
        given = {"Host": HOST, "Accept-Encoding": "identity"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.client.get(url, headers=given) as answer:
            return answer.status, CIMultiDict(answer.headers), await answer.read()


@pytest.fixture(name="site")
async def _site(tmp_path: Path) -> AsyncIterator[Site]:
    (tmp_path / "nginx").mkdir()
    async with made(tmp_path, trusted_proxies=("127.0.0.1/32",)) as found:
        yield found


@asynccontextmanager
async def made(tmp_path: Path, **server: Any) -> AsyncIterator[Site]:
    async with serving(behind(tmp_path / "data", **server)) as hub:
        port = unused_port()
        async with (
            nginx.running(tmp_path / "nginx", example(hub, port)),
            ClientSession(auto_decompress=False) as client,
        ):
            await hub.publish(bundles.tar_gz(FILES))
            headers = await hub.sign_in(await hub.add_user("ann"))
            headers["Host"] = HOST
            url = "/hub/api/plugins/Clock/install"
            async with hub.client.post(url, json={}, headers=headers) as answer:
                assert answer.status == 201, await answer.text()
            url = "/hub/api/v1/plugins/manifest/designer"
            async with hub.client.get(url, headers=headers) as answer:
                entry = (await answer.json())["Clock"]
            yield Site(client, f"http://127.0.0.1:{port}/hub", entry)


async def test_nginx_sends_the_file_with_the_headers_of_the_server(site: Site) -> None:
    status, headers, body = await site.get("remoteEntry.js", Origin="http://localhost:5173")
    assert (status, body) == (200, SCRIPT)
    assert "X-Accel-Redirect" not in headers
    assert headers["Server"].startswith("nginx")
    expected = {
        "Content-Type": "text/javascript; charset=utf-8",
        "Cache-Control": "private, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Vary": "Accept-Encoding, Origin",
        "Access-Control-Allow-Origin": "http://localhost:5173",
    }
    assert {name: headers[name] for name in expected} == expected
    assert re.fullmatch(r'"[0-9a-f]{64}"', headers["ETag"])
    assert (await site.get("a%20b.js"))[0::2] == (200, SCRIPT)


async def test_pages_of_plugins_stay_in_their_sandbox(site: Site) -> None:
    status, headers, body = await site.get("page.svg")
    assert (status, body) == (200, DRAWING)
    assert headers["Content-Security-Policy"].startswith("sandbox;")
    assert headers["Content-Disposition"] == "attachment"


async def test_conditions_and_ranges_are_answered(site: Site) -> None:
    _, headers, _ = await site.get("remoteEntry.js")
    tag, date = headers["ETag"], headers["Last-Modified"]
    assert (await site.get("remoteEntry.js", If_None_Match=tag))[0] == 304
    assert (await site.get("remoteEntry.js", If_Modified_Since=date))[0] == 304
    assert (await site.get("remoteEntry.js", If_None_Match='"other"'))[0::2] == (200, SCRIPT)
    assert (await site.get("remoteEntry.js", If_Match='"other"'))[0] == 412
    status, headers, body = await site.get("remoteEntry.js", Range="bytes=1-5")
    assert (status, body) == (206, SCRIPT[1:6])
    assert headers["Content-Range"] == f"bytes 1-5/{len(SCRIPT)}"


async def test_compressed_variants_are_sent_as_such(site: Site) -> None:
    status, headers, body = await site.get("remoteEntry.js", Accept_Encoding="br")
    while "Content-Encoding" not in headers:  # it is made in the background
        status, headers, body = await site.get("remoteEntry.js", Accept_Encoding="br")
    assert (status, headers["Content-Encoding"]) == (200, "br")
    assert brotli.decompress(body) == SCRIPT


async def test_the_access_is_decided_by_the_server(site: Site) -> None:
    assert (await site.get("secret.py"))[0] == 403
    assert (await site.get("nothing.js"))[0] == 404
    assert (await site.get_from(f"{site.plugin}/dist/remoteEntry.js"))[0] == 401
    root = site.plugin.partition("/hub/")[0]
    for path in ("shared/Clock/v1.0.0/dist/remoteEntry.js", "shared/../pluginhub.db", ""):
        assert (await site.get_from(f"{root}/pluginhub-files/{path}"))[0] == 404


async def test_who_is_no_trusted_proxy_is_not_told_where_files_are(tmp_path: Path) -> None:
    (tmp_path / "nginx").mkdir()
    async with made(tmp_path, trusted_proxies=("192.0.2.1",)) as site:
        status, headers, body = await site.get("remoteEntry.js")
        assert (status, body) == (200, SCRIPT)
        assert "X-Accel-Redirect" not in headers


async def test_files_are_not_left_to_nobody(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^files\.accel: .* server\.trusted_proxies"):
        await TestServer(create_app(behind(tmp_path / "data"))).start_server()
