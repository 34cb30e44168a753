"""Puts the document together, and answers it and the page that shows it."""

import asyncio
import json
import re
from collections.abc import Iterable
from functools import cache

from aiohttp import web

import pluginhub
from pluginhub.web import operations, problems, static
from pluginhub.web.files import heads, made
from pluginhub.web.files.contents import Content
from pluginhub.web.openapi import requests
from pluginhub.web.openapi.responses import Detail, Problem, responses
from pluginhub.web.openapi.schemas import Json, Schemas, Wanted
from pluginhub.web.operations import Operation, operation
from pluginhub.web.routing import Route


class Document:
    """The document as it is sent, made when it is first asked for.

    Args:
        routes: Whose handlers are described.
        base_path: Where all of them begin.
    """

    def __init__(self, routes: Iterable[Route], base_path: str) -> None:
        self._routes = tuple(routes)
        self._base_path = base_path
        self._content: Content | None = None

    async def content(self) -> Content:
        """Return it as JSON."""
        if self._content is None:
            body = await asyncio.to_thread(text, self._routes, self._base_path)
            self._content = await made.of(body.encode(), "application/json", heads.PUBLIC)
        return self._content


DOCUMENT = web.AppKey("openapi", Document)


@operation(answer="application/json", any_query=True)
async def show(request: web.Request) -> web.StreamResponse:
    """Answer the OpenAPI document of this server."""
    return await made.answer(request, await request.app[DOCUMENT].content())


@operation(answer="text/html", any_query=True)
async def docs(request: web.Request) -> web.StreamResponse:
    """Answer the page that shows the OpenAPI document, and sends requests."""
    return await request.app[static.FILES].answer(request, "docs.html")


@cache
def text(routes: tuple[Route, ...], base_path: str) -> str:
    """Return the document as JSON text, made once for the same routes."""
    return json.dumps(document(routes, base_path))


def document(routes: Iterable[Route], base_path: str = "") -> Json:
    """Return the OpenAPI document.

    Args:
        routes: Whose handlers are described.
        base_path: Where all of them begin.
    """
    described = [(route, operations.of(route.handler)) for route in routes]
    schemas = Schemas(
        [
            (Problem, "serialization"),
            (Detail, "serialization"),
            *(wanted for _, found in described for wanted in _models(found)),
        ]
    )
    paths: dict[str, Json] = {}
    for route, found in described:
        path = requests.path_of(route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, found, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "pluginhub",
            "version": pluginhub.__version__,
            "summary": "Plugins for the users of a web application.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": base_path or "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas.definitions,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "refresh_token"},
            },
        },
    }


def _models(found: Operation) -> Iterable[Wanted]:
    if found.body is not None:
        yield found.body, "validation"
    if found.form is not None:
        yield found.form, "validation"
    if found.answer is not None and not isinstance(found.answer, str):
        yield found.answer, "serialization"


def _operation(route: Route, found: Operation, schemas: Schemas) -> Json:
    return {
        "operationId": _operation_id(route),
        "summary": found.summary,
        **({"description": found.description} if found.description else {}),
        "tags": [_tag(route)],
        "parameters": requests.parameters(route.path, found),
        **requests.body(route.method, found, schemas),
        "responses": responses(route, found, schemas),
        "security": [] if route.access == "public" else [{"bearer": []}, {"cookie": []}],
    }


def _operation_id(route: Route) -> str:
    path = requests.path_of(route.path)
    last = ["slash"] if path.endswith("/") else []
    return "_".join([route.method.lower(), *re.findall(r"\w+", path), *last])


def _tag(route: Route) -> str:
    if problems.is_compat(route.path):
        return "existing frontend"
    first, *rest = route.path.strip("/").split("/")
    return rest[0] if first == "api" and rest else "server"
