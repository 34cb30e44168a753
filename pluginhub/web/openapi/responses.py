"""What an operation answers: success, and errors as clients see them."""

from http import HTTPStatus
from typing import Any, Literal

from aiohttp import hdrs
from pydantic import ConfigDict

from pluginhub.errors import HubError, MalformedError, TooLargeError, UnsupportedMediaTypeError
from pluginhub.web import problems
from pluginhub.web.openapi.schemas import Json, Schemas
from pluginhub.web.operations import Answer, Operation
from pluginhub.web.routing import Route

_BODY_ERRORS = (MalformedError, TooLargeError, UnsupportedMediaTypeError)
_WITHOUT_CONTENT = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}


class Problem(Answer):
    """An error (RFC 9457)."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "there is no plugin 'Dashbord'",
                    "code": "not-found",
                    "slug": "Dashbord",
                }
            ]
        },
    )

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str
    code: str


class Detail(Answer):
    """An error as the existing frontend reads it: a sentence, or what went wrong in which step."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"detail": "Not authenticated"}]})

    detail: Any


def responses(route: Route, found: Operation, schemas: Schemas) -> Json:
    """Return ``responses`` of one operation."""
    content = _content(found, schemas)
    answered: Json = {}
    for status in (found.status, *found.also):
        answered[str(status)] = {"description": HTTPStatus(status).phrase}
        if content and status not in _WITHOUT_CONTENT:
            answered[str(status)]["content"] = content
    if route.method == hdrs.METH_GET and isinstance(found.answer, type):
        answered["304"] = {"description": "What If-None-Match names"}
    error = _error(route, schemas)
    for status in sorted(_statuses(route, found)):
        answered[str(status)] = {"description": HTTPStatus(status).phrase, "content": error}
    return {**answered, "default": {"description": "Any other error", "content": error}}


def _content(found: Operation, schemas: Schemas) -> Json:
    if found.answer is None:
        return {}
    if isinstance(found.answer, str):
        return {found.answer: {}}
    return {"application/json": schemas.media(found.answer, "serialization")}


def _statuses(route: Route, found: Operation) -> set[int]:
    expected: list[type[HubError]] = list(found.errors)
    if found.body is not None or found.sends or found.form is not None:
        expected.extend(_BODY_ERRORS)
    statuses = {problems.status_of(error) for error in expected}
    if route.access != "public":
        statuses |= {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    if found.body is not None or found.query is not None or not found.any_query:
        statuses.add(HTTPStatus.UNPROCESSABLE_ENTITY)
    if "{" in route.path:
        statuses.add(HTTPStatus.NOT_FOUND)
    return {int(status) for status in statuses}


def _error(route: Route, schemas: Schemas) -> Json:
    if problems.is_compat(route.path):
        return {"application/json": {"schema": schemas.schema(Detail, "serialization")}}
    return {"application/problem+json": {"schema": schemas.schema(Problem, "serialization")}}
