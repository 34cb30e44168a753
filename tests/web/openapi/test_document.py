import json
from typing import Any

import pytest
from openapi_spec_validator import validate

from pluginhub.app import ROUTES
from pluginhub.web.openapi import requests
from pluginhub.web.openapi.document import document
from tests.conftest import Hub

METHODS = {"get", "put", "post", "delete", "patch", "head", "options"}


@pytest.fixture(name="told", scope="module")
def _told() -> dict[str, Any]:
    return document(ROUTES, "/hub")


def operations_of(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [found for path in told["paths"].values() for found in path.values()]


def test_it_is_valid_openapi_3_1(told: dict[str, Any]) -> None:
    validate(told)
    assert told["openapi"] == "3.1.0"
    assert told["servers"] == [{"url": "/hub"}]


def test_it_has_every_route_and_nothing_else(told: dict[str, Any]) -> None:
    found = {(method, path) for path, item in told["paths"].items() for method in item}
    assert found == {(route.method.lower(), requests.path_of(route.path)) for route in ROUTES}


def test_every_operation_is_told_in_a_sentence_and_has_a_name_of_its_own(
    told: dict[str, Any],
) -> None:
    found = operations_of(told)
    assert [item["operationId"] for item in found if not item["summary"].endswith(".")] == []
    assert len({item["operationId"] for item in found}) == len(found)


def test_every_json_that_is_read_or_answered_has_an_example(told: dict[str, Any]) -> None:
    contents = {
        f"{item['operationId']} {where}": media
        for item in operations_of(told)
        for where, part in [
            ("body", item.get("requestBody", {})),
            *((status, item["responses"][status]) for status in item["responses"]),
        ]
        if where == "body" or where.startswith("2")
        for kind, media in part.get("content", {}).items()
        if kind == "application/json" and media
    }
    assert [name for name, media in contents.items() if not media.get("examples")] == []


def test_examples_are_what_they_are_examples_of(told: dict[str, Any]) -> None:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - only here

    refused = [
        (item["operationId"], error.message)
        for item in operations_of(told)
        for part in [item.get("requestBody", {}), *item["responses"].values()]
        for media in part.get("content", {}).values()
        for example in media.get("examples", {}).values()
        for error in Draft202012Validator(
            {**media["schema"], "components": told["components"]}
        ).iter_errors(example["value"])
    ]
    assert refused == []


async def test_the_server_answers_it_without_a_sign_in(hub: Hub) -> None:
    async with hub.client.get("/openapi.json") as answer:
        assert (answer.status, answer.content_type) == (200, "application/json")
        assert await answer.json() == json.loads(json.dumps(document(ROUTES)))


async def test_the_page_that_shows_it_loads_nothing_from_elsewhere(hub: Hub) -> None:
    async with hub.client.get("/docs") as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
        assert "default-src 'none'; script-src 'self'" in answer.headers["Content-Security-Policy"]
        page = await answer.text()
    assert "://" not in page
