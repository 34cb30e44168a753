"""The native API: how plugins are, what happened to them, and what runs."""

from dataclasses import asdict
from typing import Annotated, Any, Self

from aiohttp import web
from pydantic import ConfigDict, Field

from pluginhub import errors
from pluginhub.database import audit as audit_rows
from pluginhub.database.audit import Entry
from pluginhub.lifecycle.history import explain as explain_plugin
from pluginhub.lifecycle.history import history as history_of
from pluginhub.lifecycle.status import status as status_of
from pluginhub.managers.registry import RegistryStatistics
from pluginhub.web import auth, keys, operations
from pluginhub.web.api.installations import ForUser
from pluginhub.web.api.shapes import (
    ENTRY_EXAMPLE,
    INSTALLATION_EXAMPLE,
    EntryAnswer,
    InstallationAnswer,
    NoteAnswer,
)
from pluginhub.web.operations import Answer, operation
from pluginhub.web.queries import NUMBER

_Limit = Annotated[int, Field(ge=1, le=1000), NUMBER]
_Before = Annotated[int, Field(ge=1, le=999_999_999), NUMBER]


class HistoryQuery(operations.Query):
    """How much of whose history."""

    user: str | None = None
    before: _Before | None = None
    limit: _Limit = 100


class AuditQuery(operations.Query):
    """Which entries of the audit."""

    user: str | None = None
    slug: str | None = None
    action: str | None = None
    result: str | None = None
    before: _Before | None = None
    limit: _Limit = 100


class StatusAnswer(InstallationAnswer):
    """The installation, and what the plugin and the server say of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {**INSTALLATION_EXAMPLE, "status": "healthy", "message": "", "details": {}}
            ]
        }
    )

    status: str
    message: str
    details: Any


class Explanation(InstallationAnswer):
    """The installation, and why it is so."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **INSTALLATION_EXAMPLE,
                    "reasons": [
                        {"code": "pinned", "slug": "Dashboard", "text": "it is pinned to ^2"}
                    ],
                    "last_change": ENTRY_EXAMPLE,
                }
            ]
        }
    )

    reasons: list[NoteAnswer]
    last_change: EntryAnswer | None


class History(Answer):
    """What was done, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"history": [ENTRY_EXAMPLE]}]})

    history: list[EntryAnswer]


class AuditEntry(EntryAnswer):
    """A line of the audit, with what only admins may know."""

    address: str | None
    user: str | None

    @classmethod
    def of(cls, found: Entry, **more: Any) -> Self:
        """Return how a line is shown to admins."""
        return super().of(found, address=found.address, user=found.user_name, **more)


class Audit(Answer):
    """What was done, the newest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"audit": [{**ENTRY_EXAMPLE, "address": "192.0.2.7", "user": "ann"}]}]
        }
    )

    audit: list[AuditEntry]


class ManagerAnswer(Answer):
    """A lifecycle manager; ``memory`` is in bytes, times are in seconds since 1970."""

    slug: str
    version: str
    users: int
    calls: int
    failures: int
    running: int
    loaded_at: float
    last_used: float
    pid: int | None
    memory: int
    circuit: str
    reason: str


class Managers(Answer):
    """The lifecycle managers in memory, and what the registry did."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"active": 0, "idle": 1, "loads": 3, "hits": 90, "failures": 0, "managers": []}
            ]
        }
    )

    active: int
    idle: int
    loads: int
    hits: int
    failures: int
    managers: list[ManagerAnswer]

    @classmethod
    def of(cls, found: RegistryStatistics) -> Self:
        """Return how the registry is shown."""
        return cls.model_validate(asdict(found))


@operation(errors=(errors.NotFoundError,))
async def status(request: web.Request, query: ForUser) -> StatusAnswer:
    """Answer how a user's plugin is, by its own words and by what the server knows."""
    user = await auth.subject(request, query.user)
    found = await status_of(request.app[keys.RESOURCES], user.id, request.match_info["slug"])
    return StatusAnswer.of(
        found.installation, status=found.status, message=found.message, details=found.details
    )


@operation(errors=(errors.NotFoundError,))
async def explain(request: web.Request, query: ForUser) -> Explanation:
    """Answer why a user's plugin is on its release, and on or off."""
    user = await auth.subject(request, query.user)
    found = await explain_plugin(request.app[keys.RESOURCES], user.id, request.match_info["slug"])
    return Explanation.of(
        found.installation,
        reasons=[NoteAnswer.of(item) for item in found.reasons],
        last_change=EntryAnswer.of(found.last) if found.last else None,
    )


@operation(errors=(errors.NotFoundError,))
async def history(request: web.Request, query: HistoryQuery) -> History:
    """Answer what was done to one of a user's plugins, or to all of them."""
    user = await auth.subject(request, query.user)
    found = await history_of(
        request.app[keys.RESOURCES],
        user.id,
        request.match_info.get("slug"),
        before=query.before,
        limit=query.limit,
    )
    return History(history=[EntryAnswer.of(item) for item in found])


@operation()
async def audit(request: web.Request, query: AuditQuery) -> Audit:
    """Answer who did what to what, with what result, the newest first."""
    async with request.app[keys.DATABASE].snapshot() as connection:
        found = await audit_rows.search(
            connection,
            user_name=query.user,
            slug=query.slug,
            action=query.action,
            result=query.result,
            before=query.before,
            limit=query.limit,
        )
    return Audit(audit=[AuditEntry.of(item) for item in found])


@operation()
async def managers(request: web.Request) -> Managers:
    """Answer which lifecycle managers are in memory, and what they did."""
    found = await request.app[keys.RESOURCES].registry.statistics()
    return Managers.of(found)
