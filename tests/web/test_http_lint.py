"""What two programs that know HTTP by heart have to say of real answers: nothing to mend."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from httplint import HttpResponseLinter
from httplint.field.parsers.vary import VARY_COMPLEX
from httplint.note import levels

from tests import bundles
from tests.conftest import Hub
from tests.web import raw

_PACKAGE = {**bundles.files(), "dist/remoteEntry.js": b"console.log('clock');\n" * 100}

Call = tuple[str, str, dict[str, str]]  # method, target and headers


class Site:
    """A server with a user who has a plugin."""

    def __init__(self, hub: Hub, signed_in: dict[str, str], entry: dict[str, Any]) -> None:
        self.hub, self.signed_in = hub, signed_in
        self.bare = f"/api/v1/public/plugins/{entry['database_id']}"
        self.by_capability = f"{self.bare}/{entry['bundlelocation']}"
        self.by_token = f"{self.bare}/dist/remoteEntry.js"

    def calls(self) -> list[Call]:
        """Return six kinds of address, and what else may be answered of a file."""
        brotli, known = {"Accept-Encoding": "br"}, {"If-Modified-Since": _LATER}
        return [
            ("GET", self.by_capability, {}),
            ("GET", self.by_capability, brotli),
            ("GET", self.by_capability, known),
            ("GET", self.by_capability, {"Range": "bytes=2-9"}),
            ("GET", self.by_capability, {"Range": "bytes=99999-"}),
            ("GET", self.by_capability, {"Origin": "http://localhost:5173"}),
            ("HEAD", self.by_capability, {}),
            ("GET", self.by_token, self.signed_in),
            ("GET", "/api/v1/plugins/manifest/designer", self.signed_in),
            ("GET", "/api/v1/plugins/manifest/designer", {**self.signed_in, **brotli}),
            ("GET", "/api/plugins/installed", self.signed_in),
            ("GET", "/api/plugins/Clock/config", self.signed_in),
            ("DELETE", "/api/plugins/Other", self.signed_in),
            ("GET", "/openapi.json", brotli),
            ("GET", "/docs", {}),
            ("GET", "/static/docs.js", {}),
            ("GET", "/healthz", {}),
            ("GET", self.by_token, {}),
            ("GET", "/nothing", {}),
        ]


# Four headers do choose what a user is sent: W2 and W13 of reliability.md, and the encoding.
_TAKEN = {VARY_COMPLEX}
_LATER = "Fri, 01 Jan 2100 00:00:00 GMT"


async def site(hub: Hub) -> Site:
    await hub.publish(bundles.tar_gz(_PACKAGE))
    user = await hub.add_user("ann")
    headers = await hub.sign_in(user)
    await hub.install("Clock", headers)
    return Site(hub, headers, (await hub.designer(headers))["Clock"])


async def test_httplint_finds_nothing_to_mend(hub: Hub) -> None:
    ann = await site(hub)
    for method, target, headers in ann.calls():
        answer = await raw.request(hub, method, target.encode(), headers)
        assert _to_mend(answer, is_head=method == "HEAD") == [], (method, target, headers)


def _to_mend(answer: raw.Answer, *, is_head: bool) -> list[str]:
    linter = HttpResponseLinter()
    linter.is_head_response = is_head
    linter.process_response_topline(b"HTTP/1.1", str(answer.status).encode(), b"")
    linter.process_headers([(k.encode(), v.encode()) for k, v in answer.headers.items()])
    linter.feed_content(answer.body)
    linter.finish_content(True)
    bad = [note for note in linter.notes if note.level in {levels.BAD, levels.WARN}]
    return [str(note.summary) for note in bad if type(note) not in _TAKEN]


async def test_httplint_would_find_something_here() -> None:
    wrong = raw.parse(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: x\r\n\r\nabc")
    assert len(_to_mend(wrong, is_head=False)) >= 2


ADDRESSES: dict[str, Callable[[Site], str]] = {
    "a file by capability": lambda site: site.by_capability,
    "a file without a proof": lambda site: site.by_token,
    "the document": lambda _: "/openapi.json",
    "a page": lambda _: "/docs",
    "a script of the page": lambda _: "/static/docs.js",
    "health": lambda _: "/healthz",
    "nothing": lambda _: "/nothing",
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("kind", ADDRESSES)
async def test_redbot_finds_nothing_to_mend(hub: Hub, kind: str) -> None:
    ann = await site(hub)
    redbot = await asyncio.create_subprocess_exec(
        *(Path(sys.executable).with_name("redbot"), "-o", "har"),
        f"http://127.0.0.1:{hub.client.port}{ADDRESSES[kind](ann)}",
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await redbot.communicate()
    (entry,) = json.loads(out)["log"]["entries"]
    notes = entry["_red_messages"]
    assert any(note["level"] == "GOOD" for note in notes)
    assert [it["summary"] for it in notes if it["level"] in {"BAD", "WARN"}] == []
