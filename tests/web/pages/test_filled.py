from typing import Any

import pytest

from pluginhub.web.pages.filled import read


def of(**properties: Any) -> dict[str, Any]:
    return {"properties": properties}


@pytest.mark.parametrize(
    ("described", "text", "value"),
    [
        ({"type": "string"}, "a\r\nb", "a\nb"),
        ({"type": "integer"}, "7", 7),
        ({"type": "number"}, "1e3", 1000.0),
        ({"type": "boolean"}, "on", True),
        ({"enum": [1, "1", None]}, "1", 1),
        ({"enum": ["a"]}, "other", "other"),
        ({"type": "array", "items": {"type": "string"}}, " a \n\n b", ["a", "b"]),
        ({}, '{"x": [true]}', {"x": [True]}),
    ],
)
def test_what_was_filled_in_becomes_a_value(described: Any, text: str, value: object) -> None:
    assert read(of(a=described), {}, {'["a"]': text}) == ({"a": value}, {})


@pytest.mark.parametrize(
    ("described", "text", "problem"),
    [
        ({"type": "integer"}, "many", "is no number"),
        ({"type": "number"}, "true", "is no number"),
        ({"type": "number"}, "NaN", "is no number"),
        ({}, "{", "is no JSON"),
        ({}, "[" * 100_000, "is no JSON"),
        ({}, "Infinity", "is no JSON"),
    ],
)
def test_what_cannot_be_read_is_told(described: Any, text: str, problem: str) -> None:
    assert read(of(a=described), {}, {'["a"]': text})[1] == {"a": problem}


def test_what_is_left_empty_is_not_set() -> None:
    schema = of(a={"type": "string"}, b={"type": "integer"}, c={"enum": ["x"]}, d={})
    texts = {'["a"]': "", '["b"]': "", '["c"]': "", '["d"]': ""}
    assert read(schema, {"a": "x", "d": 1}, texts) == ({}, {})


def test_defaults_stay_defaults_until_somebody_sets_something_else() -> None:
    schema = of(a={"type": "string", "default": "x"}, b={"type": "boolean", "default": True})
    assert read(schema, {}, {'["a"]': "x", '["b"]': "on"}) == ({}, {})
    assert read(schema, {}, {'["a"]': "y"}) == ({"a": "y", "b": False}, {})
    assert read(schema, {"a": "y"}, {'["a"]': "x", '["b"]': "on"}) == ({"a": "x"}, {})


def test_keys_without_a_field_stay_as_they_are() -> None:
    schema = of(a={"type": "object", "properties": {"b": {"type": "string"}}})
    before = {"other": 1, "a": {"hidden": 2}}
    expected = {"other": 1, "a": {"hidden": 2, "b": "x"}}
    assert read(schema, before, {'["a", "b"]': "x"}) == (expected, {})


def test_an_empty_group_is_not_set() -> None:
    schema = of(a={"type": "object", "properties": {"b": {"type": "string"}}})
    assert read(schema, {}, {'["a", "b"]': ""}) == ({}, {})
