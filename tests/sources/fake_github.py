"""A server that answers as GitHub does, and one that does what a test tells it."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from pluginhub.config.sections import Publish

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class FakeGitHub:
    """What there is, and what was asked.

    Attributes:
        answer: Is asked first, if it is set, instead of the API.
        asked: Paths of all requests.
        tokens: What they sent as Authorization.
    """

    url: str = ""
    answer: Handler | None = None
    asked: list[str] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    _releases: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _files: dict[str, bytes] = field(default_factory=dict)

    @property
    def settings(self) -> Publish:
        """Settings with which it may be reached."""
        return Publish(
            github_url=self.url, allow_http=True, allow_private_networks=("127.0.0.0/8",)
        )

    def release(
        self,
        tag: str,
        content: bytes,
        name: str = "clock.tar.gz",
        repository: str = "example/clock",
        **more: Any,
    ) -> None:
        """Add the newest release, with one file attached; without a name, only its sources."""
        path = f"/files/{repository}/{tag}/{name or 'sources'}"
        self._files[path] = content
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        asset = {"name": name, "browser_download_url": self.url + path, "digest": digest}
        described = {
            "tag_name": tag,
            "tarball_url": self.url + path,
            "assets": [{"name": "notes.txt", "browser_download_url": "x:"}, asset] if name else [],
            **more,
        }
        self._releases.setdefault(repository, []).insert(0, described)

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        self.asked.append(request.path)
        self.tokens.append(request.headers.get("Authorization"))
        if self.answer:
            return await self.answer(request)
        if request.path in self._files:
            return web.Response(body=self._files[request.path])
        _, kind, *rest = request.path.split("/")
        found = self._releases.get("/".join(rest[:2]), []) if kind == "repos" else []
        if rest[3:] != ["latest"]:
            found = [release for release in found if rest[3:] == ["tags", release["tag_name"]]]
        if not found:
            return web.json_response({"message": "Not Found"}, status=404)
        etag = f'"{found[0]["tag_name"]}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304)
        return web.json_response(found[0], headers={"ETag": etag})


@asynccontextmanager
async def running() -> AsyncIterator[FakeGitHub]:
    """Run one."""
    github = FakeGitHub()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", github.respond)
    async with TestServer(app) as server:
        github.url = str(server.make_url("")).rstrip("/")
        yield github
