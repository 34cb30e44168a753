from typing import Any

import pytest

from pluginhub.web.pages.fields import Filled, fields_of, text_of


def kinds(**properties: Any) -> list[str]:
    return [field.kind for field in fields_of({"properties": properties}, {})]


def test_each_kind_of_value_gets_its_field() -> None:
    assert kinds(
        a={"type": "string"},
        b={"type": "integer"},
        c={"type": "boolean"},
        d={"enum": [1, "two"]},
        e={"type": "array", "items": {"type": "string"}},
        f={"type": "array", "items": {"type": "object"}},
        g={"type": "object", "properties": {"x": {}}},
        h={"type": "object"},
        i={"oneOf": []},
        j=True,
    ) == ["text", "number", "switch", "choice", "lines", "json", "group", "json", "json", "json"]


def test_what_is_deep_is_json() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(6):
        schema = {"type": "object", "properties": {"x": schema}}
    [field] = fields_of(schema, {})
    found = []
    while field.fields:
        found.append(field.kind)
        [field] = field.fields
    assert [*found, field.kind] == ["group", "group", "group", "json"]


def test_limits_defaults_and_titles_are_told() -> None:
    described = {"type": "number", "minimum": 1, "maximum": 9, "default": 3, "title": "Hands"}
    [field] = fields_of({"properties": {"hands": described}, "required": ["hands"]}, {"hands": 4})
    assert dict(field.limits) == {"min": "1", "max": "9", "step": "any"}
    assert (field.label, field.text, field.default, field.required) == ("Hands", "4", "3", True)


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (None, "text", ""),
        (False, "switch", ""),
        (True, "switch", "true"),
        (0, "number", "0"),
        (["a", "b"], "lines", "a\nb"),
        ("a", "json", '"a"'),
        ("ü", "text", "ü"),
        ([1], "text", "[1]"),
    ],
)
def test_a_value_stands_in_its_field(value: object, kind: Any, text: str) -> None:
    assert text_of(value, kind) == text


def test_problems_stand_at_their_fields() -> None:
    schema = {"properties": {"a": {"type": "object", "properties": {"b": {"type": "array"}}}}}
    filled = Filled({'["a", "b"]': "[1]"}, {"a.b[0]": "is no text", "a": "is odd"})
    [group] = fields_of(schema, {}, filled)
    assert group.problem == "is odd"
    assert [(field.problem, field.text) for field in group.fields] == [("is no text", "[1]")]


def test_a_configuration_of_another_shape_does_no_harm() -> None:
    schema = {"properties": {"a": {"type": "object", "properties": {"b": {}}}}}
    [group] = fields_of(schema, {"a": 7})
    assert [field.text for field in group.fields] == [""]
