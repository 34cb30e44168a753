"""The native API: everything of a user, taken out of a server and into another one."""

import asyncio
import hashlib
import itertools
import re
from collections.abc import Hashable, Iterable, Iterator
from pathlib import Path
from typing import Any, Self

from aiohttp import hdrs, web
from pydantic import ConfigDict

from pluginhub import errors
from pluginhub.accounts.exports import Holding, export_user
from pluginhub.accounts.imports import Imported
from pluginhub.accounts.imports import import_user as import_account
from pluginhub.accounts.users import NAME
from pluginhub.cancellation import finish_in_thread
from pluginhub.database.state_records import State
from pluginhub.models import User
from pluginhub.web import auth, bodies, idempotency, keys, operations, uploads
from pluginhub.web.api.export_shapes import Document, InstallationRecord, written
from pluginhub.web.api.installations import ForUser
from pluginhub.web.api.users import UserAnswer
from pluginhub.web.operations import Answer, operation

_LARGEST = 32 * 1024 * 1024  # bytes of a document
_LEVELS = 256  # of arrays and objects: a hook may keep a configuration of nearly as many
_MOST_PROBLEMS = 20
_OWNERS = ("user_id", "creator_id")  # columns that say whose a row is
_EXAMPLE: dict[str, Any] = {
    "user": {
        "id": "7f3c0d9e5b1a4c2e8d6f9a0b1c2d3e4f",
        "name": "ann",
        "email": "ann@example.org",
        "role": "user",
        "enabled": True,
    },
    "installations": 4,
    "states": 12,
    "missing": [{"slug": "Charts", "version": "3.0.0", "reason": "it is not published here"}],
}


class MissingAnswer(Answer):
    """A release that the user had, and why they do not have it here."""

    slug: str
    version: str
    reason: str


class ImportAnswer(Answer):
    """What was made, and what could not be."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    user: UserAnswer
    installations: int
    states: int
    missing: list[MissingAnswer]

    @classmethod
    def of(cls, done: Imported) -> Self:
        """Return how an import is told."""
        return cls(
            user=UserAnswer.of(done.user),
            installations=done.installations,
            states=done.states,
            missing=[
                MissingAnswer(slug=item.slug, version=item.version, reason=item.reason)
                for item in done.missing
            ],
        )


@operation(answer=Document, errors=(errors.NotFoundError,))
async def export(request: web.Request, query: ForUser) -> web.Response:
    """Answer what the server has of a user, as a file to keep, or to import elsewhere.

    Nothing of it lets anybody in: it has neither the password nor API tokens themselves.
    """
    user = await auth.subject(request, query.user)
    found = await export_user(request.app[keys.DATABASE], user.id, actor=request[keys.ACTOR])
    name = found.user.name if re.fullmatch(NAME, found.user.name) else found.user.id
    return web.Response(
        body=await asyncio.to_thread(written, found),
        content_type="application/json",
        headers={hdrs.CONTENT_DISPOSITION: f'attachment; filename="pluginhub-{name}.json"'},
    )


@operation(
    status=201,
    reads=Document,
    answer=ImportAnswer,
    errors=(errors.ConflictError, errors.NoSpaceError),
    creates=True,
)
async def import_user(request: web.Request) -> web.Response:
    """Make a user of an export of another server, without a password.

    Installations are of releases that are published here with the same bytes; ``missing`` names
    those that are not. Hooks do not run, and quotas do not count.
    """
    bodies.require_json(request)
    if request.content_length and request.content_length > _LARGEST:
        raise _too_large(_LARGEST)
    sender, storage = request[keys.ACTOR].id, request.app[keys.STORAGE]
    async with storage.staging(request.content_length or 0) as folder:
        file = folder / "document"
        with request.app[keys.UPLOADS].one_more(sender):
            await uploads.receive(uploads.body_chunks(request), file, _LARGEST, storage, _too_large)
            sent, user, holdings, states = await finish_in_thread(_read, file)

    async def act() -> web.Response:
        done = await import_account(
            request.app[keys.DATABASE], user, holdings, states, actor=request[keys.ACTOR]
        )
        return operations.respond(ImportAnswer.of(done), 201)

    return await idempotency.once(request, sent, act)


def _too_large(limit: int) -> errors.TooLargeError:
    return errors.TooLargeError(f"the document is larger than {limit} bytes", limit=limit)


def _read(file: Path) -> tuple[bytes, User, list[Holding], list[State]]:
    """Return what tells a document apart, and what it says."""
    raw = file.read_bytes()
    document = bodies.parse(raw, Document, _LEVELS)
    if problems := [*itertools.islice(_contradictions(document), _MOST_PROBLEMS)]:
        raise bodies.refusal(problems)
    user = document.user.user()
    holdings = [item.holding() for item in document.installations]
    states = [item.state(user.id) for item in document.states]
    return hashlib.sha256(raw).digest(), user, holdings, states


def _contradictions(document: Document) -> Iterator[tuple[str, str]]:
    """Yield what stands against each other, or is somebody else's, with its path."""
    plugins = [*enumerate(document.installations)]
    found = [*enumerate(document.states)]
    yield from _twice((f"installations[{at}].slug", it.slug.lower()) for at, it in plugins)
    yield from _twice((f"states[{at}].id", it.id) for at, it in found)
    yield from _twice(
        (f"states[{at}].state_key", (it.plugin_id, it.page_id or "", it.state_key or ""))
        for at, it in found
    )
    for at, installation in plugins:
        yield from _foreign(f"installations[{at}]", installation, document.user.id)


def _twice(named: Iterable[tuple[str, Hashable]]) -> Iterator[tuple[str, str]]:
    seen = set()
    for path, value in named:
        if value in seen:
            yield path, "another one is the same"
        seen.add(value)


def _foreign(path: str, found: InstallationRecord, user_id: str) -> Iterator[tuple[str, str]]:
    modules = {f"{path}.modules.{name}": it.attributes for name, it in found.modules.items()}
    for where, attributes in {path: found.attributes, **modules}.items():
        # Addresses find users by the ids of their plugins.
        if not str(attributes.get("id", f"{user_id}_")).startswith(f"{user_id}_"):
            yield f"{where}.attributes.id", f"must begin with {user_id}_"
    for table, rows in found.rows:
        where = f"{path}.rows.{table}"
        yield from _twice((f"{where}[{at}].id", row["id"]) for at, row in enumerate(rows))
        for at, row in enumerate(rows):
            for name in _OWNERS:
                if row.get(name) not in {None, "", user_id}:
                    yield f"{where}[{at}].{name}", "is somebody else's"
