from pathlib import Path
from typing import Any

import pytest

from pluginhub import config_schema
from pluginhub.config_schema import MISSING, Problem
from pluginhub.errors import InvalidError

ZONES = {
    "properties": {
        "zones": {
            "type": "array",
            "items": {"properties": {"name": {"type": "string"}}, "required": ["name"]},
        }
    }
}


def problems(schema: dict[str, Any], config: dict[str, Any]) -> list[tuple[str, str]]:
    config_schema.check(schema)
    return [(each.path, each.problem) for each in config_schema.validate(schema, config)]


def test_what_fits_has_no_problems() -> None:
    assert problems(ZONES, {"zones": [{"name": "UTC"}]}) == []
    assert problems({}, {"anything": [1]}) == []


def test_a_problem_has_the_path_of_its_value() -> None:
    config = {"zones": [{"name": "UTC"}, {"name": "CET"}, {"name": 1}]}
    assert config_schema.validate(ZONES, config) == [
        Problem("zones[2].name", "1 is not of type 'string'")
    ]


def test_a_problem_of_the_whole_has_an_empty_path() -> None:
    assert problems({"minProperties": 1}, {}) == [("", "{} should be non-empty")]


def test_a_key_that_is_missing_is_named_where_it_should_be() -> None:
    schema = {"required": ["b", "c", "a"], "properties": {"a": {}, "b": {}, "c": {}}}
    assert problems(schema, {"c": None}) == [("a", MISSING), ("b", MISSING)]
    config = {"zones": [{"name": "UTC"}, {}]}
    assert problems(ZONES, config) == [("zones[1].name", MISSING)]
    twice = {"allOf": [{"required": ["a"]}, {"required": ["a"]}]}
    assert problems(twice, {}) == [("a", MISSING)]


def test_a_value_that_speaks_of_a_missing_key_is_not_one() -> None:
    schema = {"properties": {"a": {"enum": ["required"]}}}
    [(path, problem)] = problems(schema, {"a": "x"})
    assert (path, problem == MISSING) == ("a", False)


def test_problems_are_sorted_by_path_and_at_most_twenty() -> None:
    config = {"zones": [{"name": number} for number in range(30)], "a": 1}
    found = problems(ZONES, config)
    assert [path for path, _ in found] == ["a", *(f"zones[{number}].name" for number in range(19))]


def test_a_long_value_is_cut_from_a_problem() -> None:
    [(_, problem)] = problems(ZONES, {"zones": "x" * 10_000})
    assert len(problem) < 300


def test_formats_are_not_enforced() -> None:
    assert problems({"properties": {"mail": {"format": "email"}}}, {"mail": "nobody"}) == []


def test_the_schema_itself_may_refuse_other_keys() -> None:
    schema = {
        "properties": {"a": {}},
        "patternProperties": {"^x-": {}},
        "additionalProperties": False,
    }
    config = {"a": 1, "x-b": 2, "c": 3, "d": 4}
    assert problems(schema, config) == [("c", "unknown key"), ("d", "unknown key")]


def test_an_unknown_key_is_said_once() -> None:
    schema = {"allOf": [{"properties": {"a": {}}, "additionalProperties": False}] * 2}
    assert problems(schema, {"b": 1}) == [("b", "unknown key")]
    assert problems({"properties": {"a": {}}}, {"b": 1}) == [("b", "unknown key")]


def test_other_words_about_additional_properties_are_kept() -> None:
    schema = {"additionalProperties": {"type": "string"}}
    assert problems(schema, {"a": 1}) == [("a", "1 is not of type 'string'")]


def test_a_schema_that_leads_around_is_an_error_and_no_crash() -> None:
    schema = {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}
    with pytest.raises(InvalidError, match="without end"):
        problems(schema, {"x": 1})


@pytest.mark.filterwarnings("ignore")  # jsonschema would warn, and fetch
def test_nothing_is_fetched(tmp_path: Path) -> None:
    (tmp_path / "schema.json").write_text("{}", encoding="utf-8")
    with pytest.raises(Exception, match="Unresolvable"):
        config_schema.validate({"$ref": (tmp_path / "schema.json").as_uri()}, {})
