"""The native API: how plugins are, what happened to them, and what runs."""

from dataclasses import asdict
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from pluginhub.database import audit as audit_rows
from pluginhub.lifecycle.history import explain as explain_plugin
from pluginhub.lifecycle.history import history as history_of
from pluginhub.lifecycle.status import status as status_of
from pluginhub.web import auth, keys, queries
from pluginhub.web.api import shapes

_Limit = Annotated[int, Field(ge=1, le=1000)]
_Before = Annotated[int, Field(ge=1, lt=2**63)]


class HistoryQuery(BaseModel):
    """How much of whose history."""

    model_config = ConfigDict(extra="forbid")

    user: str | None = None
    before: _Before | None = None
    limit: _Limit = 100


class AuditQuery(BaseModel):
    """Which entries of the audit."""

    model_config = ConfigDict(extra="forbid")

    user: str | None = None
    slug: str | None = None
    action: str | None = None
    result: str | None = None
    before: _Before | None = None
    limit: _Limit = 100


async def status(request: web.Request) -> web.Response:
    """Answer how a user's plugin is, by its own words and by what the server knows."""
    queries.refuse_unknown(request, "user")
    user = await auth.subject(request)
    found = await status_of(request.app[keys.RESOURCES], user.id, request.match_info["slug"])
    return web.json_response(
        {
            **shapes.installation(found.installation),
            "status": found.status,
            "message": found.message,
            "details": found.details,
        }
    )


async def explain(request: web.Request) -> web.Response:
    """Answer why a user's plugin is on its release, and on or off."""
    queries.refuse_unknown(request, "user")
    user = await auth.subject(request)
    found = await explain_plugin(request.app[keys.RESOURCES], user.id, request.match_info["slug"])
    return web.json_response(
        {
            **shapes.installation(found.installation),
            "reasons": [shapes.note(item) for item in found.reasons],
            "last_change": shapes.entry(found.last) if found.last else None,
        }
    )


async def history(request: web.Request) -> web.Response:
    """Answer what was done to one of a user's plugins, or to all of them."""
    wanted = queries.read(request, HistoryQuery)
    user = await auth.subject(request)
    found = await history_of(
        request.app[keys.RESOURCES],
        user.id,
        request.match_info.get("slug"),
        before=wanted.before,
        limit=wanted.limit,
    )
    return web.json_response({"history": [shapes.entry(item) for item in found]})


async def audit(request: web.Request) -> web.Response:
    """Answer who did what to what, with what result, the newest first."""
    wanted = queries.read(request, AuditQuery)
    async with request.app[keys.DATABASE].snapshot() as connection:
        found = await audit_rows.search(
            connection,
            user_name=wanted.user,
            slug=wanted.slug,
            action=wanted.action,
            result=wanted.result,
            before=wanted.before,
            limit=wanted.limit,
        )
    return web.json_response(
        {
            "audit": [
                {**shapes.entry(item), "address": item.address, "user": item.user_name}
                for item in found
            ]
        }
    )


async def managers(request: web.Request) -> web.Response:
    """Answer which lifecycle managers are in memory, and what they did."""
    queries.refuse_unknown(request)
    return web.json_response(asdict(await request.app[keys.RESOURCES].registry.statistics()))
