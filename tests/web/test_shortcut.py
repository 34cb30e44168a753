"""The short way gives the answers of the long one, and takes nothing that is not plain."""

import os
from typing import Any

import pytest
from aiohttp import web

from pluginhub.config import Files
from pluginhub.web.shortcut import Shortcut
from tests import bundles
from tests.conftest import Hub, settings
from tests.web import raw
from tests.web.conftest import serving

SCRIPT = b"console.log('clock');\n" * 100
LARGE = os.urandom(400_000)
FILES = {**bundles.files(), "dist/remoteEntry.js": SCRIPT, "dist/large.wasm": LARGE}
DESIGNER = "/api/v1/plugins/manifest/designer"
CHANGING = ("Date", "X-Request-ID")
NOW_AND_THEN = "Fri, 01 Jan 2100 00:00:00 GMT"

Headers = dict[str, str]


class Ways:
    """A server, and what it did not know."""

    def __init__(self, hub: Hub) -> None:
        self.hub, self.long = hub, 0
        server: Any = hub.client.server
        self._shortcut: Shortcut = server.runner.server.request_handler
        self._handle = self._shortcut._handle
        self._shortcut._handle = self._count

    async def _count(self, request: web.Request) -> web.StreamResponse:
        self.long += 1
        answer: web.StreamResponse = await self._handle(request)
        return answer

    async def ask(self, method: str, path: str, headers: Headers) -> tuple[raw.Answer, bool]:
        """Return the answer, and whether it came by the short way."""
        before = self.long
        reader, writer = await raw.connect(self.hub)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: hub\r\n{lines}\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(raw.parse(head).headers.get("Content-Length", 0))
        is_empty = method == "HEAD" or b" 304 " in head[:16]
        body = b"" if is_empty else await reader.readexactly(size)
        writer.close()
        return raw.parse(head + body), self.long == before

    async def without(self, method: str, path: str, headers: Headers) -> raw.Answer:
        """Return the answer by the long way."""
        self._shortcut._any_host = False
        answer, short = await self.ask(method, path, headers)
        self._shortcut._any_host = True
        assert not short
        return answer


def same(one: raw.Answer, other: raw.Answer) -> bool:
    """Return whether two answers say the same."""
    told = [
        {name.title(): value for name, value in it.headers.items() if name not in CHANGING}
        for it in (one, other)
    ]
    return (one.status, told[0], one.body) == (other.status, told[1], other.body)


async def ways(hub: Hub) -> tuple[Ways, dict[str, str], Headers]:
    """Return a server, addresses that it knows, and who ann is."""
    await hub.publish(bundles.tar_gz(FILES))
    ann = await hub.sign_in(await hub.add_user("ann"))
    await hub.install("Clock", ann)
    entry = (await hub.designer(ann))["Clock"]
    plugin = f"/api/v1/public/plugins/{entry['database_id']}"
    release = f"{plugin}/{entry['bundlelocation'].rpartition('/')[0]}"
    paths = {
        "entry": f"{release}/remoteEntry.js",
        "large": f"{release}/large.wasm",
        "by token": f"{plugin}/dist/remoteEntry.js",
        "designer": DESIGNER,
        "manifest": "/api/v1/plugins/manifest",
    }
    found = Ways(hub)
    brotli, encoded = {"Accept-Encoding": "br"}, False
    while not encoded:  # in the background; what is kept is forgotten then
        answer, _ = await found.ask("GET", paths["entry"], brotli)
        encoded = answer.status != 200 or "Content-Encoding" in answer.headers
    for path in paths.values():
        await found.ask("GET", path, ann)
    return found, paths, ann


@pytest.mark.parametrize("accepted", ["identity", "br", "gzip, zstd;q=0.5"])
async def test_the_short_way_answers_as_the_long_one(hub: Hub, accepted: str) -> None:
    found, paths, ann = await ways(hub)
    headers = {**ann, "Accept-Encoding": accepted}
    for name, path in paths.items():
        for method in ["GET"] if path.startswith("/api/v1/plugins") else ["GET", "HEAD"]:
            answer, short = await found.ask(method, path, headers)
            assert short, name
            assert answer.status == 200
            assert same(answer, await found.without(method, path, headers)), name
            known = {**headers, "If-None-Match": answer.headers["ETag"]}
            unchanged, short = await found.ask(method, path, known)
            assert (short, unchanged.status) == (True, 304)
            assert same(unchanged, await found.without(method, path, known)), name


async def test_what_is_not_plain_goes_the_long_way(hub: Hub) -> None:
    found, paths, ann = await ways(hub)
    rare: list[Headers] = [
        {"Range": "bytes=0-3"},
        {"If-Match": '"x"'},
        {"If-Unmodified-Since": NOW_AND_THEN},
        {"Origin": "http://localhost:5173"},
        {"Expect": "100-continue"},
        {"Connection": "close"},
    ]
    for headers in rare:
        assert not (await found.ask("GET", paths["entry"], headers))[1], headers
    for path in (paths["entry"] + "?x", paths["entry"].replace("remote", "%72emote")):
        answer, short = await found.ask("GET", path, {})
        assert (short, answer.body) == (False, SCRIPT), path
    assert (await found.ask("POST", paths["entry"], {}))[0].status == 405
    assert (await found.ask("HEAD", paths["designer"], ann))[0].status == 405


async def test_what_is_not_known_goes_the_long_way(hub: Hub) -> None:
    found, paths, _ = await ways(hub)
    for path, headers, status in [
        (paths["entry"].replace("/t/", "/t/x"), {}, 404),
        (paths["entry"] + "x", {}, 404),
        (paths["by token"], {}, 401),
        (paths["by token"], {"Authorization": "Bearer x"}, 401),
        (paths["designer"], {}, 401),
    ]:
        answer, short = await found.ask("GET", path, headers)
        assert (short, answer.status) == (False, status), path


async def test_an_api_token_and_the_operator_get_no_manifest_of_others(hub: Hub) -> None:
    found, paths, _ = await ways(hub)
    answer, short = await found.ask("GET", paths["designer"], hub.operator)
    assert (short, answer.status) == (False, 401)


async def test_a_server_for_some_hosts_only_looks_at_the_host_first(hub: Hub) -> None:
    data = hub.data.parent / "other"
    async with serving(settings(data, allowed_hosts=["hub.example"])) as other:
        found, paths, _ = await ways(other)
        answer, short = await found.ask("GET", paths["entry"], {})
        assert (short, answer.status) == (False, 421)


async def test_what_a_trusted_proxy_sends_goes_the_long_way(hub: Hub) -> None:
    data = hub.data.parent / "other"
    async with serving(settings(data, trusted_proxies=["127.0.0.1/32"])) as other:
        found, paths, _ = await ways(other)
        assert (await found.ask("GET", paths["entry"], {}))[1] is False


async def test_it_knows_the_base_path(hub: Hub) -> None:
    data = hub.data.parent / "other"
    async with serving(settings(data, base_path="/hub")) as other:
        await other.publish(bundles.tar_gz(FILES))
        ann = await other.sign_in(await other.add_user("ann"))
        found = Ways(other)
        await found.ask("GET", "/hub" + DESIGNER, ann)
        answer, short = await found.ask("GET", "/hub" + DESIGNER, ann)
        assert (short, answer.status) == (True, 200)


async def test_nothing_is_short_when_nothing_is_kept(hub: Hub) -> None:
    config = settings(hub.data.parent / "other").model_copy(update={"files": Files(cache=0)})
    async with serving(config) as other:
        found, paths, _ = await ways(other)
        answer, short = await found.ask("GET", paths["entry"], {})
        assert (short, answer.body) == (False, SCRIPT)
