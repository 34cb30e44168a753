"""The page of the audit: who did what to what, with what result."""

import json
from dataclasses import dataclass
from typing import Annotated

from aiohttp import web
from pydantic import Field

from pluginhub.database import audit
from pluginhub.database.audit import Entry
from pluginhub.web import keys
from pluginhub.web.pages import forms, rendering
from pluginhub.web.pages.status import parts
from pluginhub.web.queries import NUMBER

_ON_A_PAGE = 50


class Wanted(forms.Form):
    """Which entries: those older than ``before``, or the newest."""

    user: parts.Text | None = None
    slug: parts.Text | None = None
    action: parts.Text | None = None
    result: parts.Text | None = None
    before: Annotated[int, Field(ge=1, le=999_999_999), NUMBER] | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """An entry, and what else is known of it, as text."""

    entry: Entry
    details: str


async def show(request: web.Request) -> web.Response:
    """Answer a page of entries, the newest first."""
    wanted = forms.query(request, Wanted)
    async with request.app[keys.DATABASE].snapshot() as connection:
        found = await audit.search(
            connection,
            user_name=wanted.user,
            slug=wanted.slug,
            action=wanted.action,
            result=wanted.result,
            before=wanted.before,
            limit=_ON_A_PAGE + 1,
        )
    shown = found[:_ON_A_PAGE]
    older = shown[-1].id if len(found) > _ON_A_PAGE else None
    filters = {
        name: value
        for name, value in wanted.model_dump().items()
        if value is not None and name != "before"
    }
    return await rendering.render(
        request,
        "status_audit.html",
        wanted=wanted,
        lines=[Line(entry, _details(entry)) for entry in shown],
        filters=filters,
        older=older and parts.address(request, before=older),
        newest=wanted.before and str(request.rel_url.with_query(filters)),
    )


def _details(entry: Entry) -> str:
    known = {name: value for name, value in entry.details.items() if value not in (None, [], {})}
    return json.dumps(known, ensure_ascii=False) if known else ""
