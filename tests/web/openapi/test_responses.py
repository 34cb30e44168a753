from typing import Any

from aiohttp import web

from pluginhub.errors import ConflictError
from pluginhub.web import operations
from pluginhub.web.openapi.responses import Detail, Problem, responses
from pluginhub.web.openapi.schemas import Schemas
from pluginhub.web.operations import Answer, Body, operation
from pluginhub.web.routing import Access, Handler, Route

PROBLEM = "application/problem+json"


class Wish(Body):
    number: int = 1


class Fulfilled(Answer):
    text: str


@operation(status=201, also=(200,), errors=(ConflictError,))
async def wish(_request: web.Request, body: Wish) -> Fulfilled:
    """Fulfil a wish."""
    return Fulfilled(text=str(body.number))


@operation(status=204, any_query=True)
async def nothing(_request: web.Request) -> None:
    """Do nothing."""


def found(handler: Handler, path: str = "/wish", access: Access = "public") -> dict[str, Any]:
    schemas = Schemas(
        [
            (Problem, "serialization"),
            (Detail, "serialization"),
            (Fulfilled, "serialization"),
        ]
    )
    return responses(Route("POST", path, handler, access), operations.of(handler), schemas)


def test_success_is_answered_with_the_model() -> None:
    answered = found(wish)
    assert answered["201"]["content"].keys() == {"application/json"}
    assert answered["200"]["content"] == answered["201"]["content"]
    assert "content" not in found(nothing)["204"]


def test_errors_follow_from_what_is_read_and_who_may_ask() -> None:
    assert found(wish).keys() == {
        *("200", "201", "400", "409", "413", "415", "422", "default"),
    }
    assert found(nothing).keys() == {"204", "default"}
    assert found(nothing, access="admin").keys() == {"204", "401", "403", "default"}
    assert found(nothing, "/wish/{id}").keys() == {"204", "404", "default"}


def test_errors_have_the_form_of_their_api() -> None:
    native, compat = found(wish)["409"], found(wish, "/api/v1/wish")["409"]
    assert native["content"][PROBLEM]["schema"] == {"$ref": "#/components/schemas/Problem"}
    expected = {"$ref": "#/components/schemas/Detail"}
    assert compat["content"]["application/json"]["schema"] == expected
