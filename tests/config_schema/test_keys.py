from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pluginhub import config_schema
from pluginhub.config_schema.keys import Keys

NAME: dict[str, Any] = {"properties": {"name": {}}}
SIZE: dict[str, Any] = {"properties": {"size": {}}}
BOX: dict[str, Any] = {"properties": {"box": NAME}}
TREE: dict[str, Any] = {"properties": {"leaves": {"items": {"$ref": "#"}}, "name": {}}}
KINDS: dict[str, Any] = {
    "oneOf": [
        {"properties": {"kind": {"const": "a"}, "x": {}}, "required": ["kind"]},
        {"properties": {"kind": {"const": "b"}, "y": {}}, "required": ["kind"]},
    ]
}
IF: dict[str, Any] = {
    "properties": {"on": {}},
    "if": {"properties": {"on": {"const": True}, "why": {}}, "required": ["on"]},
    "then": {"properties": {"level": {}}},
    "else": {"properties": {"reason": {}}},
}


def test_a_reference_to_itself_ends() -> None:
    schema = {"allOf": [{"$ref": "#"}], "properties": {"a": {}}}
    keys = Keys(Draft202012Validator(schema))
    assert list(keys.unknown([schema], {"a": 1, "b": 1}, ())) == [(("b",), "unknown key")]


def unknown(schema: dict[str, Any], config: dict[str, Any]) -> list[str]:
    config_schema.check(schema)
    found = config_schema.validate(schema, config)
    return [each.path for each in found if each.problem == "unknown key"]


@pytest.mark.parametrize(
    ("schema", "config", "expected"),
    [
        (NAME, {"name": 1}, []),
        (NAME, {"nmae": 1}, ["nmae"]),
        ({"properties": {}}, {"a": 1}, ["a"]),
        ({"type": "object"}, {"a": 1}, []),
        ({"required": ["a"]}, {"a": 1}, []),
        (BOX, {"box": {"nmae": 1}, "bx": 1}, ["box.nmae", "bx"]),
        (NAME | {"additionalProperties": True}, {"a": 1}, []),
        (NAME | {"additionalProperties": NAME}, {"a": {"name": 1, "b": 2}}, ["a.b"]),
        (NAME | {"patternProperties": {"^x-": NAME}}, {"a": 1, "x-a": {"b": 1}}, ["x-a.b"]),
        (NAME | {"unevaluatedProperties": True}, {"a": 1}, []),
        ({"allOf": [NAME, {"additionalProperties": {}}]}, {"a": 1}, []),
        ({"properties": {"list": {"items": NAME}}}, {"list": [{}, {"a": 1}]}, ["list[1].a"]),
        (
            {"properties": {"list": {"prefixItems": [NAME], "items": SIZE}}},
            {"list": [{"size": 1}, {"size": 1}, {"name": 1}]},
            ["list[0].size", "list[2].name"],
        ),
        # what stands together counts together
        ({"allOf": [NAME, SIZE]}, {"name": 1, "size": 1, "other": 1}, ["other"]),
        (NAME | {"allOf": [SIZE]}, {"name": 1, "size": 1, "other": 1}, ["other"]),
        (
            BOX | {"allOf": [{"properties": {"box": SIZE}}]},
            {"box": {"name": 1, "size": 1, "other": 1}},
            ["box.other"],
        ),
        (
            {"$ref": "#/$defs/base", "properties": {"box": SIZE}, "$defs": {"base": BOX}},
            {"box": {"name": 1, "size": 1, "other": 1}, "other": 1},
            ["box.other", "other"],
        ),
        ({"anyOf": [NAME, SIZE]}, {"name": 1, "size": 1, "other": 1}, ["other"]),
        (KINDS, {"kind": "a", "x": 1}, []),
        (KINDS, {"kind": "a", "y": 1}, ["y"]),
        (KINDS, {"kind": "neither", "x": 1, "y": 1, "z": 1}, ["z"]),
        (IF, {"on": True, "level": 1, "why": 1}, []),
        (IF, {"on": True, "reason": 1}, ["reason"]),
        (IF, {"on": False, "reason": 1}, []),
        (IF, {"on": False, "level": 1, "why": 1}, ["level", "why"]),
        (NAME | {"dependentSchemas": {"name": SIZE}}, {"name": 1, "size": 1}, []),
        (NAME | {"dependentSchemas": {"name": SIZE}}, {"size": 1}, ["size"]),
        (NAME | {"not": {"properties": {"a": {}}, "required": ["a"]}}, {"b": 1}, ["b"]),
        # references, in circles too
        (TREE, {"leaves": [{"leaves": [{"name": 1, "a": 1}]}]}, ["leaves[0].leaves[0].a"]),
        ({"$ref": "#/$defs/x", "$defs": {"x": NAME}}, {"a": 1}, ["a"]),
        ({"$dynamicRef": "#/$defs/x", "$defs": {"x": NAME}}, {"a": 1}, ["a"]),
        ({"properties": {"any": True}}, {"any": {"a": 1}}, []),
    ],
)
def test_a_key_is_unknown_if_no_part_of_the_schema_speaks_of_it(
    schema: dict[str, Any], config: dict[str, Any], expected: list[str]
) -> None:
    assert unknown(schema, config) == expected
