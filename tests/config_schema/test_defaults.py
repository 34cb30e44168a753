from typing import Any

import pytest

from pluginhub import config_schema

DEEP = {"properties": {"color": {"default": "red"}, "size": {}}}


@pytest.mark.parametrize(
    ("schema", "config", "expected"),
    [
        ({}, {"a": 1}, {"a": 1}),
        ({"properties": {"a": {"default": 1}}}, {}, {"a": 1}),
        ({"properties": {"a": {"default": 1}}}, {"a": None, "b": 2}, {"a": None, "b": 2}),
        ({"properties": {"a": {"default": None}}}, {}, {"a": None}),
        ({"properties": {"a": {}, "b": True}}, {}, {}),
        ({"properties": {"box": DEEP}}, {}, {"box": {"color": "red"}}),
        ({"properties": {"box": DEEP}}, {"box": {"size": 1}}, {"box": {"size": 1, "color": "red"}}),
        ({"properties": {"box": DEEP}}, {"box": "none"}, {"box": "none"}),
        ({"properties": {"box": DEEP}}, {"box": {}}, {"box": {"color": "red"}}),
        (
            {"properties": {"box": DEEP | {"default": {"size": 2}}}},
            {},
            {"box": {"size": 2, "color": "red"}},
        ),
        ({"properties": {"box": {"properties": {"size": {}}}}}, {}, {}),
        ({"properties": {"box": {"properties": {"size": {}}}}}, {"box": {}}, {"box": {}}),
        ({"properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"default": 1}}}, {}, {}),
        ({"properties": []}, {}, {}),
    ],
)
def test_missing_keys_take_their_default(
    schema: dict[str, Any], config: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert config_schema.with_defaults(schema, config) == expected


def test_neither_the_schema_nor_the_configuration_changes() -> None:
    schema = {"properties": {"a": {"default": [1]}, "box": DEEP}}
    config: dict[str, Any] = {"box": {}}
    completed = config_schema.with_defaults(schema, config)
    completed["a"].append(2)
    assert config == {"box": {}}
    assert schema["properties"]["a"] == {"default": [1]}


def test_a_schema_too_deep_is_not_followed_to_its_end() -> None:
    schema: dict[str, Any] = {"properties": {"leaf": {"default": 1}}}
    for _ in range(5000):
        schema = {"properties": {"box": schema}}
    assert config_schema.with_defaults(schema, {}) == {}
