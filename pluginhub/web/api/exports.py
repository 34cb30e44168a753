"""The native API: everything that is known of a user, as one document, handed out and taken in."""

import secrets
from pathlib import Path

from aiohttp import web
from pydantic import BaseModel, ValidationError

from pluginhub import errors
from pluginhub.accounts import exports
from pluginhub.accounts.exports import Everything, Held, ReleaseName, Wanted
from pluginhub.cancellation import finish_in_thread
from pluginhub.database.state_records import State
from pluginhub.manifest import explain
from pluginhub.models import ModuleSettings, User
from pluginhub.web import auth, bodies, keys, operations, strict_json, uploads
from pluginhub.web.api.export_shapes import (
    Account,
    Document,
    KeptState,
    Module,
    NamedRelease,
    Plugin,
    TokenName,
)
from pluginhub.web.api.shapes import EntryAnswer
from pluginhub.web.operations import Query, operation

_LARGEST = 32 * 1024 * 1024  # bytes of a document
_COLUMNS = {
    *("enabled", "config", "attributes", "pin", "channel", "as_dependency", "previous_config"),
    *("installed_at", "updated_at"),
}


class Whose(Query):
    """Of whom; only admins may name somebody else."""

    user: str | None = None


class NotTaken(BaseModel):
    """A plugin that could not be taken in, and why."""

    slug: str
    version: str
    reason: str


class Imported(operations.Answer):
    """Who was made, with how many plugins and states, and what is missing."""

    user: str
    plugins: int
    states: int
    missing: list[NotTaken]


@operation(answer=Document, errors=(errors.ForbiddenError, errors.NotFoundError))
async def export(request: web.Request, query: Whose) -> web.Response:
    """Answer everything that is known of a user, as a file."""
    user = await auth.subject(request, query.user)
    database = request.app[keys.DATABASE]
    found = await exports.export(database, user, actor=request[keys.ACTOR])
    response = operations.respond(_document(found, database.now()), 200)
    response.headers["Content-Disposition"] = f'attachment; filename="{user.name}.json"'
    return response


@operation(
    status=201,
    answer=Imported,
    reads=Document,
    errors=(errors.ConflictError, errors.InvalidError, errors.NoSpaceError),
)
async def take_in(request: web.Request) -> web.Response:
    """Make a user by such a document: with what they had, as far as it is published here."""
    bodies.refuse_content_encoding(request)
    storage = request.app[keys.STORAGE]
    async with storage.staging(request.content_length or 0) as folder:
        file = folder / "document"
        with request.app[keys.UPLOADS].one_more(request[keys.ACTOR].id):
            await uploads.receive(uploads.body_chunks(request), file, _LARGEST, storage)
        document = await finish_in_thread(_read, file)
    database = request.app[keys.DATABASE]
    number, missing = await exports.take_in(
        database,
        _user(document.user, database.now()),
        [_wanted(plugin) for plugin in document.plugins],
        [State(user_id=document.user.id, **it.model_dump()) for it in document.states],
        actor=request[keys.ACTOR],
    )
    told = [
        NotTaken(slug=it.release.slug, version=it.release.version, reason=it.reason)
        for it in missing
    ]
    made = Imported(
        user=document.user.name, plugins=number, states=len(document.states), missing=told
    )
    return operations.respond(made, 201)


def _read(file: Path) -> Document:
    try:
        return Document.model_validate(strict_json.loads(file.read_bytes()))
    except ValidationError as error:
        problems = [{"path": path, "problem": text} for path, text in explain(error)[:20]]
        told = "; ".join(f"{item['path']}: {item['problem']}" for item in problems)
        raise errors.InvalidError(told, problems=problems) from error


def _document(found: Everything, now: int) -> Document:
    return Document(
        format=1,
        user=Account.model_validate(found.user),
        plugins=[_plugin(held) for held in found.held],
        states=[KeptState.model_validate(state) for state in found.states],
        api_tokens=[
            TokenName(
                name=it.name,
                scopes=list(it.scopes),
                created_at=it.created_at,
                expires_at=it.expires_at,
            )
            for it in found.tokens
        ],
        published=list(found.published),
        history=[EntryAnswer.of(entry).model_dump() for entry in found.history],
        history_complete=found.complete,
        exported_at=now,
    )


def _plugin(held: Held) -> Plugin:
    installation = held.installation
    return Plugin(
        slug=installation.slug,
        version=installation.release.version,
        digest=installation.release.digest,
        enabled=installation.enabled,
        config=installation.config,
        attributes=dict(installation.attributes),
        pin=installation.pin,
        channel=installation.channel,
        as_dependency=installation.as_dependency,
        previous=NamedRelease.model_validate(held.previous) if held.previous else None,
        previous_config=installation.previous_config,
        installed_at=installation.installed_at,
        updated_at=installation.updated_at,
        modules={name: Module.model_validate(it) for name, it in installation.modules.items()},
        rows={table: list(map(dict, rows)) for table, rows in held.rows.items() if rows},
    )


def _user(account: Account, now: int) -> User:
    return User(**account.model_dump(), updated_at=now)


def _wanted(plugin: Plugin) -> Wanted:
    previous = plugin.previous
    return Wanted(
        ReleaseName(plugin.slug, plugin.version, plugin.digest),
        ReleaseName(plugin.slug, previous.version, previous.digest) if previous else None,
        secrets.token_hex(16),
        plugin.rows,
        {
            **plugin.model_dump(include=_COLUMNS),
            "modules": {
                name: ModuleSettings(it.enabled, it.attributes, it.written)
                for name, it in plugin.modules.items()
            },
        },
    )
