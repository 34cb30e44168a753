"""What an address reads and answers, said once: handlers are called with it, OpenAPI tells it.

A handler names what it wants as parameters beside the request: ``body``, a model of the JSON that
it reads, and ``query``, a model of the parameters. It returns a model, which is answered as JSON,
or a whole answer. So what is documented is what happens.
"""

import functools
import hashlib
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, get_args, get_type_hints
from weakref import WeakKeyDictionary

from aiohttp import ETag, hdrs, web
from pydantic import BaseModel, ConfigDict

from pluginhub.errors import HubError
from pluginhub.web import bodies, idempotency, queries

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Body(BaseModel):
    """A JSON body: unknown keys and values of another type are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Query(BaseModel):
    """The parameters of a query: unknown ones are refused."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    """A JSON answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Operation:
    """What the OpenAPI document tells of a handler.

    Attributes:
        summary: One sentence.
        description: What else there is to say; may be empty.
        body: Model of the JSON body, or None.
        sends: Media types of a body that is no JSON.
        form: Model of the multipart form, or None.
        query: Model of the parameters, or None if there are none.
        answer: Model of the JSON that is answered, a media type, or None for no content.
        status: With which it is answered.
        also: Other statuses of success that answer the same.
        errors: What may go wrong beyond what any address may answer.
        any_query: Whether parameters that are not known are taken.
        creates: Whether it takes an Idempotency-Key.
    """

    summary: str
    description: str
    body: type[BaseModel] | None
    sends: tuple[str, ...]
    form: type[BaseModel] | None
    query: type[BaseModel] | None
    answer: type[BaseModel] | str | None
    status: int
    also: tuple[int, ...]
    errors: tuple[type[HubError], ...]
    any_query: bool
    creates: bool


_OPERATIONS: WeakKeyDictionary[Handler, Operation] = WeakKeyDictionary()


def of(handler: Handler) -> Operation:
    """Return what a handler was described with.

    Raises:
        KeyError: It was not.
    """
    return _OPERATIONS[handler]


def operation(
    *,
    status: int = 200,
    also: tuple[int, ...] = (),
    answer: type[BaseModel] | str | None = None,
    sends: tuple[str, ...] = (),
    form: type[BaseModel] | None = None,
    reads: type[BaseModel] | None = None,
    errors: tuple[type[HubError], ...] = (),
    any_query: bool = False,
    creates: bool = False,
) -> Callable[[Callable[..., Awaitable[Any]]], Handler]:
    """Describe a handler, and call it with what its parameters ask for.

    Args:
        status: Of the answer.
        also: Other statuses of success, which the handler sets itself.
        answer: What is answered, where the handler returns a whole answer.
        sends: Media types of the body, where the handler reads it itself.
        form: Model of the multipart form, where the handler reads it itself.
        reads: Model of the JSON body, where the handler reads it itself.
        errors: What may go wrong.
        any_query: Take parameters that are not known, as the existing frontend adds some.
        creates: Sent again with the same Idempotency-Key, do nothing and answer the same; a
            handler that reads its body itself sees to that itself.
    """

    def decorate(function: Callable[..., Awaitable[Any]]) -> Handler:
        hints = get_type_hints(function)
        body, query, returned = hints.get("body"), hints.get("query"), hints["return"]

        summary, _, description = (inspect.getdoc(function) or "").partition("\n\n")
        told = Operation(
            summary=" ".join(summary.split()),
            description=description.partition("\n\nRaises:")[0].partition("Raises:")[0].strip(),
            body=body or reads,
            sends=sends,
            form=form,
            query=query,
            answer=answer or _model(returned),
            status=status,
            also=also,
            errors=errors,
            any_query=any_query,
            creates=creates,
        )

        @functools.wraps(function)
        async def calling(request: web.Request) -> web.StreamResponse:
            return _conditional(request, await _call(function, told, body, request))

        reads_nothing = body is None and query is None and any_query
        answers = inspect.isclass(returned) and issubclass(returned, web.StreamResponse)
        handler: Handler = function if reads_nothing and answers else calling
        _OPERATIONS[handler] = told
        return handler

    return decorate


async def _call(
    function: Callable[..., Awaitable[Any]],
    told: Operation,
    body: type[BaseModel] | None,
    request: web.Request,
) -> web.StreamResponse:
    """Call a handler with what it reads, once if it creates something."""
    wanted: dict[str, BaseModel] = {}
    if told.query is not None:
        wanted["query"] = queries.read(request, told.query)
    elif not told.any_query:
        queries.refuse_unknown(request)
    if body is not None:
        wanted["body"] = await bodies.read_json(request, body)

    async def act() -> Any:
        return _response(await function(request, **wanted), told.status)

    if not told.creates or body is None:
        response: web.StreamResponse = await act()
        return response
    return await idempotency.once(request, wanted["body"].model_dump_json().encode(), act)


def _model(returned: Any) -> type[BaseModel] | None:
    """Return the model among what a handler may return."""
    options = get_args(returned) or (returned,)
    models = [it for it in options if inspect.isclass(it) and issubclass(it, BaseModel)]
    return models[0] if models else None


def _response(result: Any, status: int) -> web.StreamResponse:
    if isinstance(result, web.StreamResponse):
        return result
    if result is None:
        return web.Response(status=status)
    return respond(result, status)


def respond(answer: BaseModel, status: int, tag: str | None = None) -> web.Response:
    """Return a model as a JSON answer.

    Args:
        answer: The model.
        status: Of the answer.
        tag: What is another whenever the answer is; None takes a digest of it.
    """
    content = answer.model_dump_json(by_alias=True).encode()
    response = web.Response(body=content, status=status, content_type="application/json")
    response.etag = ETag(tag or hashlib.blake2b(content, digest_size=16).hexdigest())
    return response


def _conditional(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Spare a client what it has already (RFC 9110, section 13.1.2)."""
    reading = request.method in {hdrs.METH_GET, hdrs.METH_HEAD}
    if not reading:
        response.headers.pop(hdrs.ETAG, None)
        return response
    if response.status != HTTPStatus.OK or response.etag is None:
        return response
    tags = request.if_none_match or ()
    if any(tag.value in {response.etag.value, "*"} for tag in tags):
        known = web.Response(status=HTTPStatus.NOT_MODIFIED)
        known.etag = response.etag
        response = known
    response.headers.setdefault(hdrs.CACHE_CONTROL, "private, no-cache")
    response.headers.setdefault(hdrs.VARY, "Authorization, Cookie")
    return response
