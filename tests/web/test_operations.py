"""A handler says once what it reads and answers."""

from pathlib import Path

import pytest
from aiohttp import web
from pydantic import Field

from pluginhub.app import create_app
from pluginhub.errors import NotFoundError
from pluginhub.web import operations
from pluginhub.web.operations import Answer, Body, Query, operation
from pluginhub.web.routing import Route, add_routes
from tests.conftest import Hub, settings
from tests.web.conftest import running


class Wish(Body):
    number: int
    words: list[str] = Field(default_factory=list)


class Page(Query):
    page: int = 1


class Fulfilled(Answer):
    text: str


@operation(status=201, errors=(NotFoundError,))
async def wish(request: web.Request, query: Page, body: Wish) -> Fulfilled:
    """Fulfil
    a wish.

    It takes a while.

    Raises:
        NotFoundError: Never.
    """
    return Fulfilled(text=f"{request.method} {query.page} {body.number} {body.words}")


@operation(status=204)
async def nothing(_request: web.Request) -> None:
    """Do nothing."""


@operation(answer="text/plain", sends=("text/plain",), any_query=True)
async def own(_request: web.Request) -> web.Response:
    """Answer by itself."""
    return web.Response(text="own", status=418)


async def ask(tmp_path: Path, method: str, path: str, body: object = None) -> tuple[int, str]:
    app = create_app(settings(tmp_path / "data"))
    handlers = {"/wish": wish, "/nothing": nothing, "/own": own}
    add_routes(app, [Route("POST", path, handler, "public") for path, handler in handlers.items()])
    async with running(app, tmp_path) as hub:
        return await answered(hub, method, path, body)


async def answered(hub: Hub, method: str, path: str, body: object) -> tuple[int, str]:
    async with hub.client.request(method, path, json=body) as answer:
        return answer.status, await answer.text()


async def test_a_handler_gets_what_it_asks_for_as_models(tmp_path: Path) -> None:
    body = {"number": 7, "words": ["a"]}
    expected = (201, """{"text":"POST 3 7 ['a']"}""")
    assert await ask(tmp_path, "POST", "/wish?page=3", body) == expected


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("/wish", {}, "number: required"),
        ("/wish", {"number": "7"}, "number: Input should be a valid integer"),
        ("/wish", {"number": 7, "more": 1}, "more: unknown key"),
        ("/wish", [], "the document"),
        ("/wish?pages=1", {"number": 7}, "unknown query parameters: 'pages'"),
        ("/wish?page=x", {"number": 7}, "page: "),
        ("/nothing?a=1", None, "unknown query parameters"),
    ],
)
async def test_what_it_did_not_ask_for_is_refused(
    tmp_path: Path, path: str, body: object, reason: str
) -> None:
    status, text = await ask(tmp_path, "POST", path, body)
    assert (status, reason in text) == (422, True), text


async def test_it_may_answer_nothing_or_by_itself(tmp_path: Path) -> None:
    assert await ask(tmp_path, "POST", "/nothing") == (204, "")
    assert await ask(tmp_path, "POST", "/own?any=1") == (418, "own")


def test_what_is_told_of_it_is_what_it_does() -> None:
    told = operations.of(wish)
    assert (told.summary, told.description) == ("Fulfil a wish.", "It takes a while.")
    assert (told.body, told.query, told.answer, told.status) == (Wish, Page, Fulfilled, 201)
    assert told.errors == (NotFoundError,)
    assert (operations.of(nothing).answer, operations.of(own).answer) == (None, "text/plain")


def test_a_handler_that_was_not_described_is_not_known() -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response()

    with pytest.raises(KeyError):
        operations.of(handler)
