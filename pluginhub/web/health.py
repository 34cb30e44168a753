"""Whether the server can answer."""

from typing import Literal

from aiohttp import web

from pluginhub.web.operations import Answer, operation


class Health(Answer):
    """The server answers."""

    status: Literal["ok"] = "ok"


@operation(any_query=True)
async def healthz(_request: web.Request) -> Health:
    """Answer 200; the server listens only after everything is ready."""
    return Health()
