"""``GET /metrics``: in the text format of Prometheus, for admins and for known addresses."""

import asyncio
import time
from collections.abc import Iterable

from aiohttp import hdrs, web
from prometheus_client import CollectorRegistry, Metric, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from pluginhub.errors import ForbiddenError, UnauthenticatedError
from pluginhub.web import auth, forwarding, keys
from pluginhub.web.metrics import families
from pluginhub.web.metrics.seen import look
from pluginhub.web.operations import operation


class Metrics(Collector):
    """Tells of one application; one look at a time, however many ask.

    Args:
        app: That it tells of, once it has started.
    """

    def __init__(self, app: web.Application) -> None:
        self._app = app
        self._started = time.monotonic()
        self._families: list[Metric] = []
        self._looking = asyncio.Lock()
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def collect(self) -> Iterable[Metric]:
        """Return what was found at the last look."""
        return self._families

    async def text(self) -> bytes:
        """Look, and return what there is to tell."""
        async with self._looking:
            seen = await look(self._app)
            self._families = list(families.all_of(self._app, seen, self._started))
            return await asyncio.to_thread(generate_latest, self._registry)


METRICS = web.AppKey("metrics", Metrics)


@operation(answer="text/plain", any_query=True, errors=(UnauthenticatedError, ForbiddenError))
async def show(request: web.Request) -> web.Response:
    """Answer numbers about the server for Prometheus, to admins and to ``metrics.allow``.

    An API token of an admin that can read is enough.
    """
    if not _is_from_known_address(request):
        await auth.require_user(request, "read")
        if not (request[keys.ACTOR].admin or auth.signed_in(request).role == "admin"):
            raise ForbiddenError("Admin required")
    text = await request.app[METRICS].text()
    return web.Response(body=text, headers={hdrs.CONTENT_TYPE: CONTENT_TYPE_PLAIN_0_0_4})


def _is_from_known_address(request: web.Request) -> bool:
    """Return whether the client itself has an address of ``metrics.allow``.

    A proxy that does not say for whom it asks, or is none of ``server.trusted_proxies``, may speak
    for anybody: what it sends on is not judged by its own address.
    """
    if not request.app[keys.METRICS_ALLOW].has(request.remote):
        return False
    if keys.BY_PROXY in request:
        return not request.app[keys.PROXIES].trust(request.remote)
    return not forwarding.may_come_by_proxy(request)
