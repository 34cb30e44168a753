import json
from typing import Any

import pytest

from pluginhub import config_schema
from pluginhub.errors import InvalidError

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def nested(levels: int) -> dict[str, Any]:
    """Return a schema with this many levels of objects and arrays."""
    schema: dict[str, Any] = {}
    for _ in range(levels - 1):
        schema = {"not": schema}
    return schema


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "object"},
        {"$schema": DIALECT, "$id": "https://example.org/weather", "properties": {"a": True}},
        {"properties": {"$ref": {"type": "string"}, "$id": {}, "$schema": {}}},
        {"properties": {"zone": {"$ref": "#/$defs/zone"}}, "$defs": {"zone": {}}},
        {"properties": {"zone": {"$ref": "#zone"}}, "$defs": {"zone": {"$anchor": "zone"}}},
        {"properties": {"tree": {"$dynamicRef": "#"}}},
        {"properties": {"a": {"$ref": "#/properties/b"}, "b": False}},
        {"description": "x" * (64 * 1024 - 19)},
        nested(32),
    ],
)
def test_a_usable_schema_is_taken(schema: dict[str, Any]) -> None:
    config_schema.check(schema)


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"type": "objct"}, "at 'type'"),
        ({"properties": {"a": {"properties": []}}}, "at 'properties.a.properties'"),
        ({"allOf": [{}, {"minimum": "1"}]}, r"at 'allOf\[1\].minimum'"),
        ({"pattern": "("}, "is not a 'regex'"),
        ({"patternProperties": {"(": {}}}, "is not a 'regex'"),
        ({"type": "array"}, "describes no object"),
        ({"type": ["object", "null"]}, "describes no object"),
        ({"$ref": "https://example.org/schema"}, "outside of it"),
        ({"properties": {"a": {"$ref": "other.json#/a"}}}, "outside of it"),
        ({"items": [], "allOf": [{"$dynamicRef": "x#a"}]}, "no JSON Schema"),
        ({"allOf": [{"$dynamicRef": "x#a"}]}, "outside of it"),
        ({"$ref": "#/$defs/none"}, "where no schema is"),
        ({"$ref": "#none"}, "where no schema is"),
        ({"$ref": "#/allOf/x", "allOf": [{}]}, "where no schema is"),
        ({"$ref": "#/minProperties/x", "minProperties": 1}, "where no schema is"),
        ({"$ref": "#/title", "title": "x"}, "where no schema is"),
        ({"$ref": "#/default", "default": {"type": "objct"}}, "at '#/default.type'"),
        ({"properties": {"a": {"$id": "https://example.org/a"}}}, r"\$id below its top"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "must be written in"),
        ({"not": {"$schema": "https://example.org/own"}}, "must be written in"),
        ({"maximum": float("nan")}, "NaN"),
        ({"description": "x" * (64 * 1024 - 18)}, "larger than 64 KiB"),
        (nested(33), "deeper than 32 levels"),
        (nested(5000), "deeper than 32 levels"),
    ],
)
def test_an_unusable_schema_is_refused(schema: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidError, match=problem) as caught:
        config_schema.check(schema)
    assert len(caught.value.message) < 500
    assert "config_schema" in caught.value.message


def test_a_long_value_is_cut_from_the_message() -> None:
    with pytest.raises(InvalidError) as caught:
        config_schema.check({"type": "x" * 10_000})
    assert len(caught.value.message) < 500
    assert caught.value.fields == {"path": "type"}


def test_the_size_is_that_of_the_json() -> None:
    schema = {"description": "x" * (64 * 1024 - 19)}
    assert len(json.dumps(schema)) == 64 * 1024
