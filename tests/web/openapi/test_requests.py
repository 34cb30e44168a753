from typing import Annotated

from aiohttp import web
from pydantic import Field

from pluginhub.web import operations
from pluginhub.web.openapi import requests
from pluginhub.web.openapi.schemas import Schemas
from pluginhub.web.operations import Body, Query, operation


class Wish(Body):
    number: int


class Page(Query):
    page: Annotated[int, Field(ge=1, description="From 1.")] = 1


@operation(sends=("application/zip",))
async def wish(_request: web.Request, query: Page, body: Wish) -> None:
    """Fulfil a wish."""


def test_patterns_of_parameters_are_no_part_of_the_address() -> None:
    assert requests.path_of("/a/{id}/{path:.+}/b") == "/a/{id}/{path}/b"


def test_parameters_stand_in_the_path_and_in_the_query() -> None:
    found = requests.parameters("/plugins/{slug}/{path:.+}", operations.of(wish))
    assert [(item["name"], item["in"], item["required"]) for item in found] == [
        ("slug", "path", True),
        ("path", "path", True),
        ("page", "query", False),
    ]
    assert (found[2]["description"], found[2]["schema"]["minimum"]) == ("From 1.", 1)


def test_a_body_may_be_json_or_a_file() -> None:
    schemas = Schemas([(Wish, "validation")])
    found = requests.body("POST", operations.of(wish), schemas)["requestBody"]
    assert found["content"].keys() == {"application/zip", "application/json"}
    assert found["required"] is True


def test_there_is_no_body_where_none_is_read() -> None:
    @operation()
    async def nothing(_request: web.Request) -> None:
        """Do nothing."""

    assert requests.body("POST", operations.of(nothing), Schemas([(Wish, "validation")])) == {}


def test_words_of_which_one_stands_in_the_address_are_listed() -> None:
    [found] = requests.parameters("/{action:start|stop}", operations.of(nothing_read))
    assert found["schema"] == {"type": "string", "enum": ["start", "stop"]}


@operation()
async def nothing_read(_request: web.Request) -> None:
    """Do nothing."""


def test_a_patch_is_sent_as_a_merge_patch_as_well() -> None:
    schemas = Schemas([(Wish, "validation")])
    found = requests.body("PATCH", operations.of(wish), schemas)["requestBody"]
    assert found["content"].keys() >= {"application/json", "application/merge-patch+json"}
