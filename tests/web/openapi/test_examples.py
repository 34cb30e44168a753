from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from pluginhub.web.openapi import examples


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"number": 7}]})

    number: int


class Larger(Part):
    """Inherits an example that lacks something."""

    more: Annotated[str | None, Field(alias="moreOfIt")]


class Whole(BaseModel):
    part: Part
    parts: list[Part]
    named: dict[str, Part]
    kind: Literal["a", "b"]
    anything: Any
    pair: tuple[int, ...] = (1, 2)
    shown: Annotated[str, Field(examples=["this"])]


def test_what_a_model_declares_is_its_example() -> None:
    assert examples.of(Part) == [{"number": 7}]


def test_what_an_inherited_example_lacks_is_made_up() -> None:
    assert examples.of(Larger) == [{"number": 7, "moreOfIt": "text"}]


def test_an_example_is_made_of_those_of_the_parts() -> None:
    [made] = examples.of(Whole)
    assert made == {
        "part": {"number": 7},
        "parts": [{"number": 7}],
        "named": {"name": {"number": 7}},
        "kind": "a",
        "anything": {},
        "pair": [1, 2],
        "shown": "this",
    }
    assert Whole.model_validate(made).part.number == 7


def test_of_alternatives_the_first_is_shown() -> None:
    assert examples.of(RootModel[Part | str]) == [{"number": 7}]
