"""What is asked for most, answered from memory before aiohttp routes the request.

aiohttp spends more time on finding the handler and calling the middlewares than all else costs
here: with this, files go out half as fast again (``bench/serving.py``). It gives the answer that
the long way would give, or none: whatever is not plain and known goes the long way.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import HttpVersion11, hdrs, web

from pluginhub.web import capabilities, keys, request_ids
from pluginhub.web.compat import manifest
from pluginhub.web.files import serve
from pluginhub.web.files.prebuilt import Prebuilt
from pluginhub.web.identity import proofs

_FILES = "/api/v1/public/plugins/"
_METHODS = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Shortcut:
    """Takes the place of an application as the handler of its server.

    Args:
        app: Has started.
        handle: Its own handler.
    """

    def __init__(self, app: web.Application, handle: Handle) -> None:
        self._app = app
        self._handle = handle
        settings = app[keys.CONFIG].server
        self._files = settings.base_path + _FILES
        self._manifests = {settings.base_path + path for path in manifest.PATHS}
        self._any_host = not settings.allowed_hosts
        self._proxies = app[keys.PROXIES]
        self._has_proxies = bool(settings.trusted_proxies)
        self._access = app[keys.ACCESS]
        self._contents = app[keys.CONTENTS]
        traffic = app[keys.TRAFFIC]
        self._of_files, self._of_manifests = traffic.files, traffic.manifests

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        request_ids.give(request)
        answer = self._known(request) if self._any_host else None
        return answer if answer is not None else await self._handle(request)

    def _known(self, request: web.Request) -> Prebuilt | None:
        path, headers = request.raw_path, request.headers
        if (
            request.method not in _METHODS
            or "%" in path  # to be read as aiohttp reads it
            or "?" in path
            or request.version != HttpVersion11
            or hdrs.EXPECT in headers
            or (self._has_proxies and self._proxies.trust(request.remote))
        ):
            return None
        if path.startswith(self._files):
            return self._file(request, path.removeprefix(self._files))
        if path in self._manifests and request.method == hdrs.METH_GET:
            proof = proofs.known(self._app, request)
            content = manifest.known(self._app, path, proof) if proof else None
            if content:
                chosen = content.best_for(headers.get(hdrs.ACCEPT_ENCODING))
                return serve.at_once(request, chosen, chosen.by_user, self._of_manifests)
        return None

    def _file(self, request: web.Request, address: str) -> Prebuilt | None:
        plugin_id, _, below = address.partition("/")
        capability, path = capabilities.split(below)
        if capability is not None:
            grant = self._access.known_by_capability(plugin_id, capability)
        else:
            proof = proofs.known(self._app, request)
            grant = self._access.known_by_user(plugin_id, proof.user.id) if proof else None
        content = self._contents.known(grant.release.release_id, path) if grant else None
        if content is None:
            return None
        chosen = content.best_for(request.headers.get(hdrs.ACCEPT_ENCODING))
        heads = chosen.by_user if capability is None else chosen.by_capability
        return serve.at_once(request, chosen, heads, self._of_files)


def take(server: web.Server, app: web.Application) -> None:
    """Put the shortcut before an application whose server takes no connections yet."""
    handle: Any = server.request_handler  # its requests are those that an application makes
    shortcut: Any = Shortcut(app, handle)
    server.request_handler = shortcut
