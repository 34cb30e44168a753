"""Files of plugins: who gets them, with which headers, and what no path reaches."""

import asyncio
import errno
import hashlib
import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from structlog.testing import capture_logs

from pluginhub.models import User
from pluginhub.storage import tree
from tests import bundles
from tests.conftest import Hub, settings
from tests.web import raw
from tests.web.conftest import serving

SCRIPT = b"var Clock = '1.0.0';"
SHA256 = hashlib.sha256(SCRIPT).hexdigest()
CANARY = b"the canary that no plugin may reach"
DAY = 24 * 3600
LARGE = os.urandom(5 * 1024 * 1024)


@dataclass
class Site:
    """A user who has the plugin Clock, and how a browser of theirs reaches it."""

    hub: Hub
    user: User
    headers: dict[str, str]
    entry: dict[str, Any]

    @property
    def root(self) -> str:
        """The address of the plugin, without a capability."""
        return f"/api/v1/public/plugins/{self.entry['database_id']}"

    @property
    def capability(self) -> str:
        found: str = self.entry["bundlelocation"].split("/")[1]
        return found

    @property
    def release(self) -> str:
        """The address of the release, with the capability."""
        return f"{self.root}/t/{self.capability}"


async def site(hub: Hub, content: bytes | None = None, name: str = "ann") -> Site:
    await hub.publish(content or bundles.bundle())
    user = await hub.add_user(name)
    headers = await hub.sign_in(user)
    await hub.install("Clock", headers)
    return Site(hub, user, headers, (await hub.designer(headers))["Clock"])


async def with_files(hub: Hub, paths: list[str], content: bytes = b"content") -> Site:
    return await site(hub, bundles.tar_gz({**bundles.files(), **dict.fromkeys(paths, content)}))


async def cookie_of(hub: Hub, headers: dict[str, str]) -> dict[str, str]:
    """Return the cookie of the browser that holds this access token."""
    access = headers["Authorization"].removeprefix("Bearer ")
    async with hub.database.transaction() as tx:
        await tx.execute(
            "UPDATE tokens SET kind = 'refresh' WHERE hash = ?",
            (hashlib.sha256(access.encode()).hexdigest(),),
        )
    return {"Cookie": f"refresh_token={access}"}


async def status(hub: Hub, url: str, headers: dict[str, str] | None = None) -> int:
    return (await hub.client.get(url, headers=headers)).status


async def test_a_capability_a_token_and_a_cookie_each_give_the_file(hub: Hub) -> None:
    ann = await site(hub)
    by_capability = await hub.load(ann.entry)
    by_token = await hub.client.get(f"{ann.root}/{bundles.ENTRY}", headers=ann.headers)
    cookie = await cookie_of(hub, ann.headers)
    by_cookie = await hub.client.get(f"{ann.root}/{bundles.ENTRY}", headers=cookie)
    answers = [by_capability, by_token, by_cookie]
    assert [(answer.status, await answer.read()) for answer in answers] == [(200, SCRIPT)] * 3


async def test_without_capability_token_and_cookie_there_is_nothing(hub: Hub) -> None:
    ann = await site(hub)
    for address in (ann.root, "/api/v1/public/plugins/Clock"):
        assert await status(hub, f"{address}/{bundles.ENTRY}") == 401


async def test_the_bare_slug_is_enough_for_a_token(hub: Hub) -> None:
    ann = await site(hub)
    url = f"/api/v1/public/plugins/Clock/{bundles.ENTRY}"
    assert await status(hub, url, ann.headers) == 200


async def test_the_query_is_ignored(hub: Hub) -> None:
    ann = await site(hub)
    assert await status(hub, f"{ann.release}/{bundles.ENTRY}?v=9.9.9") == 200


async def test_files_beside_the_entry_file_have_the_same_prefix(hub: Hub) -> None:
    ann = await site(hub)
    answer = await hub.load(ann.entry, "chunk.js")
    assert (answer.status, await answer.read()) == (200, b"lazy();")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_headers_of_a_file(hub: Hub, method: str) -> None:
    ann = await site(hub)
    answer = await hub.client.request(method, f"{ann.release}/{bundles.ENTRY}")
    assert answer.status == 200
    assert await answer.read() == (SCRIPT if method == "GET" else b"")
    expected = {
        "Content-Type": SCRIPT_TYPE,
        "Content-Length": str(len(SCRIPT)),
        "ETag": f'"{SHA256}"',
        "Cache-Control": "private, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    assert {name: answer.headers.get(name) for name in expected} == expected
    assert "Content-Security-Policy" not in answer.headers


async def test_what_a_token_gives_is_asked_for_again_each_time(hub: Hub) -> None:
    ann = await site(hub)
    answer = await hub.client.get(f"{ann.root}/{bundles.ENTRY}", headers=ann.headers)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Vary"] == "Authorization, Cookie, Accept-Encoding, Origin"


KNOWN = [f'"{SHA256}"', f'W/"{SHA256}"', f'"a", "{SHA256}"', f'"a",W/"{SHA256}" , "b"', "*"]
UNKNOWN = ['"other"', SHA256, f'"{SHA256[:-1]}"', '""', "W/", '"*"', f'"{SHA256}', ""]


async def test_a_browser_that_has_the_file_gets_no_body(hub: Hub) -> None:
    ann = await site(hub)
    target = f"{ann.release}/{bundles.ENTRY}".encode()
    for known in KNOWN:
        answer = await raw.get(hub, target, {"If-None-Match": known})
        assert (answer.status, answer.body) == (304, b""), known
        assert answer.headers["ETag"] == f'"{SHA256}"'
        assert "immutable" in answer.headers["Cache-Control"]


async def test_a_browser_that_has_another_file_gets_the_body(hub: Hub) -> None:
    ann = await site(hub)
    for known in UNKNOWN:
        answer = await hub.load(ann.entry, headers={"If-None-Match": known})
        assert (answer.status, await answer.read()) == (200, SCRIPT), known


SCRIPT_TYPE = "text/javascript; charset=utf-8"
MEDIA_TYPES = {
    "a.css": "text/css; charset=utf-8",
    "a.js.map": "application/json",
    "b.JSON": "application/json",
    "a.mjs": SCRIPT_TYPE,
    "a.png": "image/png",
    "a.txt": "text/plain; charset=utf-8",
    "a.wasm": "application/wasm",
    "a.woff2": "font/woff2",
    "name with spaces.js": SCRIPT_TYPE,
}
ACTIVE = ["a.html", "a.htm", "a.svg", "a.xml", "a.xhtml", "a.pdf"]
NEVER = ["hook.py", "src/Face.ts", "src/Face.tsx", "package-lock.json", "README", "a.sh", "a.x"]
MISSING = ["missing.js", "missing.py", "dist", "remoteEntry.js", "Dist/chunk.js"]


async def test_a_file_is_served_as_the_type_of_the_table_whatever_it_holds(hub: Hub) -> None:
    ann = await with_files(hub, [*MEDIA_TYPES], b"<script>alert(1)</script>")
    answers = {path: await hub.client.get(f"{ann.release}/{path}") for path in MEDIA_TYPES}
    found = {path: answer.headers["Content-Type"] for path, answer in answers.items()}
    assert found == MEDIA_TYPES
    sniffing = {answer.headers["X-Content-Type-Options"] for answer in answers.values()}
    assert sniffing == {"nosniff"}


async def test_what_a_browser_would_run_gets_an_origin_of_its_own(hub: Hub) -> None:
    ann = await with_files(hub, ACTIVE)
    for path in ACTIVE:
        answer = await hub.client.get(f"{ann.release}/{path}")
        policy = answer.headers["Content-Security-Policy"].split("; ")
        assert (answer.status, policy[:2]) == (200, ["sandbox", "default-src 'none'"]), path
        assert answer.headers["Content-Disposition"] == "attachment"


async def test_some_files_are_kept_but_never_served(hub: Hub) -> None:
    ann = await with_files(hub, NEVER, CANARY)
    for path in NEVER:
        answer = await hub.client.get(f"{ann.release}/{path}")
        assert (answer.status, await answer.json()) == (403, {"detail": "File type not allowed"})


async def test_a_missing_file_is_not_found(hub: Hub) -> None:
    ann = await site(hub)
    for path in MISSING:
        answer = await hub.client.get(f"{ann.release}/{path}")
        assert (answer.status, await answer.json()) == (404, {"detail": "File not found"}), path


async def test_another_user_is_refused_as_if_there_were_no_such_plugin(hub: Hub) -> None:
    ann, ben = await site(hub), await site(hub, name="ben")
    ghost = f"/api/v1/public/plugins/{'0' * 32}_Clock"
    foreign = [
        f"{ben.root}/t/{ann.capability}/{bundles.ENTRY}",
        f"{ghost}/t/{ann.capability}/{bundles.ENTRY}",
        f"{ann.root}2/t/{ann.capability}/{bundles.ENTRY}",
        f"/api/v1/public/plugins/Clock/t/{ann.capability}/{bundles.ENTRY}",
    ]
    foreign_with_token = [f"{ann.root}/{bundles.ENTRY}", f"{ghost}/{bundles.ENTRY}"]
    answers = [await hub.client.get(url) for url in foreign]
    answers += [await hub.client.get(url, headers=ben.headers) for url in foreign_with_token]
    cookie = await cookie_of(hub, ben.headers)
    answers += [await hub.client.get(url, headers=cookie) for url in foreign_with_token]
    assert {(answer.status, await answer.text()) for answer in answers} == {
        (404, '{"detail": "Plugin not found"}')
    }


async def test_no_character_of_a_capability_can_be_another(hub: Hub) -> None:
    ann = await site(hub)
    for position, mark in enumerate(ann.capability):
        edited = ann.capability[:position] + ("B" if mark == "A" else "A")
        edited += ann.capability[position + 1 :]
        assert await status(hub, f"{ann.root}/t/{edited}/{bundles.ENTRY}") == 404, position
    for edited in (ann.capability[:-1], ann.capability + "A", "", ann.capability.swapcase()):
        assert await status(hub, f"{ann.root}/t/{edited}/{bundles.ENTRY}") == 404, edited


async def test_the_capability_of_one_plugin_is_useless_for_another(hub: Hub) -> None:
    ann = await site(hub)
    await hub.publish(bundles.bundle("Map"))
    await hub.install("Map", ann.headers)
    url = f"/api/v1/public/plugins/{ann.user.id}_Map/t/{ann.capability}/{bundles.ENTRY}"
    assert await status(hub, url) == 404


async def disable(ann: Site) -> None:
    await ann.hub.client.post("/api/plugins/Clock/disable", headers=ann.headers)


async def uninstall(ann: Site) -> None:
    await ann.hub.client.delete("/api/plugins/Clock", headers=ann.headers)


async def disable_user(ann: Site) -> None:
    url = f"/api/users/{ann.user.name}"
    await ann.hub.client.patch(url, json={"enabled": False}, headers=ann.hub.operator)


async def remove_user(ann: Site) -> None:
    await ann.hub.client.delete(f"/api/users/{ann.user.name}", headers=ann.hub.operator)


@pytest.mark.parametrize(
    ("end", "with_token"),
    [(disable, 404), (uninstall, 404), (disable_user, 401), (remove_user, 401)],
)
async def test_a_plugin_that_its_user_cannot_use_any_more_is_refused_at_once(
    hub: Hub, end: Callable[[Site], Any], with_token: int
) -> None:
    ann = await site(hub)
    await end(ann)
    assert (await hub.load(ann.entry)).status == 404
    assert await status(hub, f"{ann.root}/{bundles.ENTRY}", ann.headers) == with_token


async def test_an_enabled_plugin_loads_again_by_the_same_address(hub: Hub) -> None:
    ann = await site(hub)
    await disable(ann)
    await hub.client.post("/api/plugins/Clock/enable", headers=ann.headers)
    assert (await hub.load(ann.entry)).status == 200


async def test_open_pages_load_the_old_release_for_the_grace_period(hub: Hub) -> None:
    ann = await site(hub)
    await hub.publish(bundles.bundle(version="2.0.0"))
    await hub.client.put("/api/plugins/Clock/update", headers=ann.headers)
    assert await (await hub.load(ann.entry)).read() == SCRIPT
    now = hub.database.now()
    hub.database._clock = lambda: now + DAY - 60
    assert (await hub.load(ann.entry)).status == 200
    hub.database._clock = lambda: now + DAY + 60
    assert (await hub.load(ann.entry)).status == 404


async def test_the_new_release_loads_by_its_own_address_and_by_token(hub: Hub) -> None:
    ann = await site(hub)
    await hub.publish(bundles.bundle(version="2.0.0"))
    await hub.client.put("/api/plugins/Clock/update", headers=ann.headers)
    by_capability = await hub.load((await hub.designer(ann.headers))["Clock"])
    by_token = await hub.client.get(f"{ann.root}/{bundles.ENTRY}", headers=ann.headers)
    assert await by_capability.read() == await by_token.read() == b"var Clock = '2.0.0';"


async def test_a_reinstalled_plugin_gets_another_capability(hub: Hub) -> None:
    ann = await site(hub)
    await uninstall(ann)
    await hub.install("Clock", ann.headers)
    assert (await hub.designer(ann.headers))["Clock"]["bundlelocation"] != ann.entry[
        "bundlelocation"
    ]
    assert (await hub.load(ann.entry)).status == 404


TRAVERSAL = [
    *[b"../" * depth + b"canary.js" for depth in range(1, 12)],
    *[b"%2e%2e/" * depth + b"canary.js" for depth in range(1, 12)],
    *[b"..%2f" * depth + b"canary.js" for depth in range(1, 12)],
    *[b"%2e%2e%2f" * depth + b"canary.js" for depth in range(1, 12)],
    *[b"dist/" + b"../" * depth + b"canary.js" for depth in range(2, 12)],
    *[b"%252e%252e%252f" * depth + b"canary.js" for depth in range(1, 4)],
    *[b"%25252e%25252e/" * depth + b"canary.js" for depth in range(1, 4)],
    *[b"..\\" * depth + b"canary.js" for depth in range(1, 4)],
    *[b"..%5c" * depth + b"canary.js" for depth in range(1, 4)],
    *[b"%c0%ae%c0%ae/" * depth + b"canary.js" for depth in range(1, 4)],
    *[b"%e0%80%ae%e0%80%ae%c0%af" * depth + b"canary.js" for depth in range(1, 4)],
    *["\uff0e\uff0e\u2215canary.js".encode(), b"%uff0e%uff0e/canary.js", b"..;/canary.js"],
    *[b"....//canary.js", b"..././canary.js", b"./../canary.js", b"%2e/%2e%2e/canary.js"],
    *[b"../v1.0.0/dist/remoteEntry.js", b"dist/../dist/remoteEntry.js", b"./dist/remoteEntry.js"],
    *[b"dist//remoteEntry.js", b"/dist/remoteEntry.js", b"dist/./remoteEntry.js"],
    *[b"dist/remoteEntry.js/", b"dist/remoteEntry.js/.", b"dist/remoteEntry.js%00"],
    *[b"dist/remoteEntry.js%00.png", b"%00", b"%00/../canary.js", b"dist%5cremoteEntry.js"],
    *[b"dist/remoteEntry.js%20", b"dist/remoteEntry.js.", b"dist/remoteEntry.js::$DATA"],
    *[b"dist/remoteEntry.js%0d%0aX-Evil:%201", b"%0a", b"%1b[31m", b"%ff%fe", b"%ed%a0%80", b"%"],
    *[b"%zz", b"//etc/passwd", b"/etc/passwd", b"file:///etc/passwd", b"/C:/Windows/win.ini"],
    *[b"C:%5cWindows%5cwin.ini", b"%5c%5cserver%5cshare", b"CON", b"nul.js", b"aux.png", b"a%20"],
    *[b".", b"..", b"dist", b"dist/", b"", b"/", b"%2e", b"%2e%2e", b"~", b"*", b"dist/*"],
    *[b"x" * 8000, b"x/" * 4000, b"x" * 300 + b".js", b"%2e%2e%2f" * 880, b"x" * 9000, b"\xff"],
    *[b"remo\xcc\x81te.js", b"DIST/REMOTEENTRY.JS", b"dist/remoteentry.js", b"\x01", b"a b"],
]


async def test_no_path_leaves_the_release(hub: Hub) -> None:
    ann = await site(hub)
    place = hub.storage.release_path("Clock", "1.0.0")
    for folder in [place, *place.parents[:4]]:
        (folder / "canary.js").write_bytes(CANARY)
    found = {}
    for prefix in (f"{ann.release}/".encode(), f"{ann.root}/".encode()):
        for path in TRAVERSAL:
            answer = await raw.get(hub, prefix + path, ann.headers)
            if answer.status not in {400, 404} or b"canary that" in answer.body:
                found[prefix + path] = answer
    assert found == {}
    assert (await hub.load(ann.entry)).status == 200


async def test_no_plugin_id_leaves_the_shared_storage(hub: Hub) -> None:
    ann = await site(hub)
    (hub.data / "canary.js").write_bytes(CANARY)
    ids = [
        b"..",
        b"%2e%2e",
        b"%2e%2e%2f%2e%2e",
        b"%00",
        b"Clock%2f..",
        b"\xc0\xae",
        b"_",
        b"x" * 8000,
    ]
    ids += [b"%" + ann.user.id.encode() + b"_..", ann.user.id.encode() + b"_%2e%2e%2f.."]
    for plugin_id in ids:
        for path in (b"canary.js", b"t/" + ann.capability.encode() + b"/canary.js"):
            target = b"/api/v1/public/plugins/%s/%s" % (plugin_id, path)
            answer = await raw.get(hub, target, ann.headers)
            assert answer.status in {400, 404}, target
            assert CANARY not in answer.body


def plant_link(place: Any, canary: Any) -> None:
    (place / "face.png").unlink()
    (place / "face.png").symlink_to(canary / "face.png")


def plant_linked_folder(place: Any, canary: Any) -> None:
    shutil.rmtree(place)
    place.symlink_to(canary)


def truncate(place: Any, _canary: Any) -> None:
    (place / "face.png").chmod(0o644)
    (place / "face.png").write_bytes(b"\x89PNG")


def lengthen(place: Any, _canary: Any) -> None:
    (place / "face.png").chmod(0o644)
    (place / "face.png").write_bytes(b"\x89PNG fake and more")


def make_folder(place: Any, _canary: Any) -> None:
    (place / "face.png").unlink()
    (place / "face.png").mkdir()


def delete(place: Any, _canary: Any) -> None:
    (place / "face.png").unlink()


@pytest.mark.parametrize(
    "tamper", [plant_link, plant_linked_folder, truncate, lengthen, make_folder, delete]
)
async def test_what_is_not_the_file_that_was_published_is_not_served(
    hub: Hub, tamper: Callable[[Any, Any], None]
) -> None:
    ann = await site(hub)
    canary = hub.data / "canary"
    canary.mkdir()
    (canary / "face.png").write_bytes(b"\x89PNG evil")  # the size of the right one
    tamper(hub.storage.release_path("Clock", "1.0.0") / "dist", canary)
    with capture_logs() as logged:
        answer = await hub.load(ann.entry, "face.png")
    assert (answer.status, b"evil" in await answer.read()) == (404, False)
    [alarm] = logged
    assert (alarm["log_level"], alarm["path"]) == ("error", "dist/face.png")


async def test_a_file_that_cannot_be_opened_now_is_not_taken_for_lost(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    ann = await site(hub)
    monkeypatch.setattr(tree, "open_file", fail)
    assert (await hub.load(ann.entry)).status == 503
    monkeypatch.undo()
    assert await (await hub.load(ann.entry)).read() == SCRIPT


async def test_a_file_of_5_megabytes_arrives_whole(hub: Hub) -> None:
    ann = await with_files(hub, ["large.wasm"], LARGE)
    answer = await hub.client.get(f"{ann.release}/large.wasm")
    assert await answer.read() == LARGE


async def test_an_empty_file_is_served(hub: Hub) -> None:
    ann = await with_files(hub, ["empty.css"], b"")
    answer = await raw.get(hub, f"{ann.release}/empty.css".encode())
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", "0")


@pytest.mark.parametrize("cancelling", [True, False])
async def test_a_client_that_leaves_in_the_middle_disturbs_nobody(
    tmp_path: Any, cancelling: bool
) -> None:
    async with serving(settings(tmp_path / "data")) as hub:
        handler = hub.client.server.handler
        handler.handler_cancellation = cancelling  # off in production
        ann = await with_files(hub, ["large.wasm"], LARGE)
        target = f"{ann.release}/large.wasm"
        for _ in range(5):
            reader, writer = await slow_connection(hub)
            writer.write(f"GET {target} HTTP/1.1\r\nHost: hub\r\n\r\n".encode())
            await reader.readexactly(1000)
            writer.transport.abort()
        answer = await hub.client.get(target)
        assert await answer.read() == LARGE


async def slow_connection(hub: Hub) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect with a small buffer, so that the server cannot send a large file at once."""
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.setblocking(False)
    await asyncio.get_running_loop().sock_connect(slow, ("127.0.0.1", hub.client.port))
    return await asyncio.open_connection(sock=slow, limit=4096)


async def begin_slow_download(
    hub: Hub, target: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await slow_connection(hub)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: hub\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


async def test_a_file_that_is_deleted_while_it_is_sent_arrives_whole(hub: Hub) -> None:
    ann = await with_files(hub, ["large.wasm"], LARGE)
    reader, writer = await begin_slow_download(hub, f"{ann.release}/large.wasm")
    shutil.rmtree(hub.storage.release_path("Clock", "1.0.0"))
    assert await reader.readexactly(len(LARGE)) == LARGE
    writer.close()


async def test_a_file_that_is_truncated_while_it_is_sent_ends_in_an_abort(hub: Hub) -> None:
    ann = await with_files(hub, ["large.wasm"], LARGE)
    reader, writer = await begin_slow_download(hub, f"{ann.release}/large.wasm")
    file = hub.storage.release_path("Clock", "1.0.0") / "large.wasm"
    file.chmod(0o644)
    os.truncate(file, 4 * 1024 * 1024)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await reader.readexactly(len(LARGE))
    writer.close()
    assert (await hub.load(ann.entry)).status == 200


async def test_pipelined_requests_are_answered_in_turn(hub: Hub) -> None:
    ann = await with_files(hub, ["large.wasm"], LARGE)
    get = "GET {} HTTP/1.1\r\nHost: hub\r\n{}\r\n"
    first = get.format(f"{ann.release}/large.wasm", "")
    second = get.format(f"{ann.release}/{bundles.ENTRY}", "Connection: close\r\n")
    answers = await raw.send(hub, (first + second).encode())
    one = raw.parse(answers)
    assert one.body[: len(LARGE)] == LARGE
    assert raw.parse(one.body[len(LARGE) :]).body == SCRIPT


async def test_a_refresh_token_is_no_bearer_and_an_access_token_no_cookie(hub: Hub) -> None:
    ann = await site(hub)
    access = ann.headers["Authorization"].removeprefix("Bearer ")
    url = f"{ann.root}/{bundles.ENTRY}"
    assert await status(hub, url, {"Cookie": f"refresh_token={access}"}) == 401
    await cookie_of(hub, ann.headers)
    assert await status(hub, url, ann.headers) == 401


async def test_the_command_line_is_no_reader_of_files(hub: Hub) -> None:
    await site(hub)
    assert await status(hub, f"/api/v1/public/plugins/Clock/{bundles.ENTRY}", hub.operator) == 401
