import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluginhub.authoring.positions import Positions
from pluginhub.manifest import path_of

TEXT = """{
  "slug": "Clock",
  "modules": [
    {"name": "Face"},
    { "name" : "Hands", "tags": ["a", "b,]}"] }
  ],
  "with \\"quotes\\"": {"deep": null}
}"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("slug", (2, 11)),
        ("modules[1].name", (5, 16)),
        ("modules[1].tags[1]", (5, 39)),
        ("modules[0].missing", (4, 5)),
        ("modules[7].name", (3, 14)),
        ("missing", (1, 1)),
        ("the document", (1, 1)),
        ('with "quotes".deep', (7, 31)),
    ],
)
def test_a_value_or_what_is_around_it_is_found(path: str, place: tuple[int, int]) -> None:
    assert Positions(TEXT).of_value(path) == place


def test_a_key_is_found_where_it_begins() -> None:
    assert Positions(TEXT).of_key("modules[1].tags") == (5, 25)


def test_of_a_key_that_stands_twice_the_last_one_counts() -> None:
    assert Positions('{"a": 1,\n "a": 2}').of_value("a") == (2, 7)


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.text("abc", min_size=1), below, max_size=3)
    ),
    max_leaves=10,
)


@given(VALUES, st.sampled_from([None, 0, 2]))
def test_every_value_of_any_document_is_where_it_is_said_to_be(
    value: Any, indent: int | None
) -> None:
    text = json.dumps(value, indent=indent)
    positions, lines = Positions(text), text.split("\n")
    for location, expected in walked(value):
        line, column = positions.of_value(path_of(location))
        rest = "\n".join([lines[line - 1][column - 1 :], *lines[line:]])
        assert json.JSONDecoder().raw_decode(rest)[0] == expected


def walked(value: Any, at: tuple[int | str, ...] = ()) -> Any:
    yield at, value
    if isinstance(value, dict | list):
        for key, below in value.items() if isinstance(value, dict) else enumerate(value):
            yield from walked(below, (*at, key))


def test_an_empty_key_hides_nothing() -> None:
    assert Positions('{"": {"": 1},\n "a": 2}').of_value("the document") == (1, 1)
